#!/bin/sh
# Install the wheel in an empty environment, then serve and load with it.
set -eu
python=${1:-python3}
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
server=
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/run.txt
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps dist/aftersend-*.whl
cd "$folder"
PATH="$folder/venv/bin:$PATH"

aftersend workspace create acme --data data >workspace.json
key=$(python -c 'import json; print(json.load(open("workspace.json"))["key"]["secret"])')
aftersend serve --data data --port 0 2>serve.log &
server=$!
for _ in $(seq 600); do [ -s data/server.json ] && break; sleep 0.1; done
url=$(python -c 'import json; print(json.load(open("data/server.json"))["url"])')

python - <<'PYTHON' >events.ndjson
import json
for number in range(1000):
    print(json.dumps({"event_id": f"e{number}", "kind": "sent", "campaign_id": "c1", "channel": "EMAIL",
                      "user_id": f"u{number % 100}", "time": 1767268800000}))
PYTHON
aftersend load events.ndjson --workspace acme --data data
aftersend stats c1 --workspace acme --data data --start 2026-01-01 --end 2026-01-31 --unique --json >answer.json
python - "$url" "$key" <<'PYTHON'
import json, sys
from urllib.request import Request, urlopen

node = json.load(open("answer.json"))["data"]["c1"][0]["platforms"]["EMAIL"]["locales"]["all_locales"]
sent = node["variations"]["all_variations"]["performance_stats"]["sent"]
assert sent == 100, sent
with urlopen(Request(sys.argv[1] + "/readyz")) as answer:
    assert json.load(answer) == {"status": "ready"}
with urlopen(sys.argv[1] + "/docs/swagger-ui.css") as answer:
    assert answer.read()
print("the wheel serves and loads")
PYTHON
kill "$server"
wait "$server"
