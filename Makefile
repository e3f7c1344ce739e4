# The only door: every check that a desk, a hook or a build server runs is one of these targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NEWMAN := 6.2.2

# Tests start hundreds of commands: where bytecode is not kept, each of them compiles the whole package once more.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help setup run test check format docs bench crash postman lock wheel clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/ready  ## make .venv with everything in it

$(VENV)/ready: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m pip check --disable-pip-version-check
	touch $@

run: setup  ## start the demo: a real server with a month of life on every channel
	$(BIN)/aftersend demo

# In the order of their names: what computes all the time then runs beside what kills servers and waits for them. Because
# of that waiting there are three workers for every two cores.
WORKERS = $(shell $(PYTHON) -c "import os; print(max(os.cpu_count() * 3 // 2, 2))")
test: setup $(VENV)/gbstats/ready  ## run every test
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

# The statistics that ours are compared with want another numpy, so they live beside the environment.
$(VENV)/gbstats/ready: requirements/gbstats.txt
	$(PYTHON) -m venv $(VENV)/gbstats
	$(VENV)/gbstats/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	touch $@

check: setup  ## format, lint, types, import contracts, generated pages
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

format: setup  ## put the code in shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: setup  ## generate the reference pages from the catalogue and the settings
	$(BIN)/python docs/generate.py

bench: setup  ## measure, with ratios against the engine itself
	$(BIN)/python bench/run.py $(ARGS)

crash: setup  ## kill the server under load, 200 times, and see that nothing is lost: ARGS="--rounds 200 --seed 1"
	PYTHONPATH=tests $(BIN)/python -m crash.run $(ARGS)

postman: setup $(VENV)/newman/$(NEWMAN)  ## run the Postman collection against a demo
	$(BIN)/python tests/run_postman.py $(VENV)/newman/node_modules/.bin/newman

$(VENV)/newman/$(NEWMAN):
	npm install --silent --no-save --no-package-lock --no-audit --no-fund --prefix $(VENV)/newman newman@$(NEWMAN)
	touch $@

wheel: setup  ## build the wheel, install it in an empty environment, and serve and load with it
	$(BIN)/python -m build --quiet
	sh tests/wheel.sh $(PYTHON)

lock:  ## pin every dependency with its hashes
	test -x $(BIN)/uv || $(MAKE) setup  # not a prerequisite: a new dependency cannot be set up before it is pinned
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--python-version 3.11 pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--python-version 3.11 pyproject.toml --all-extras --group dev -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--python-version 3.11 --no-deps requirements/gbstats.in -o requirements/gbstats.txt

clean:  ## remove what can be made again
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
