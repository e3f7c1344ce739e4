"""The house rules that neither the linter nor the import contracts can check.

`pytest -s` prints the sizes.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "aftersend"
FILES = sorted(SOURCE.rglob("*.py"))

LONGEST_FILE = 300
LONGEST_FUNCTION = 50
MOST_PARAMETERS = 6

TABLES = {"domain/reason_rows.py", "domain/stream_rows.py"}
"""Files that are one table, a row for each thing: cutting one would make two tables of one."""

Function = ast.FunctionDef | ast.AsyncFunctionDef

SQL = re.compile(r"\bSELECT\b.*\bFROM\b|\bINSERT\s+INTO\b", re.DOTALL)
HOMES_OF_SQL = ("store/", "registry/database.py")
"""The ledger's room; and in the registry, which leaves its SQL to SQLAlchemy, the question which step Alembic is at."""

_PLACES = ("home", "root", "Users", "work", "mnt", "tmp")
MACHINE_PATH = re.compile(rf"(?<![\w.~}}/])/(?:{'|'.join(_PLACES)})/[\w.-]+|\b[A-Z]:\\\w")
TEXTS = sorted(
    file
    for folder in ("src", "tests", "docs")
    for file in (ROOT / folder).rglob("*")
    if file.suffix in {".py", ".md", ".json", ".sql", ".sh", ".toml", ".txt", ".html"}
)


def _name(file: Path) -> str:
    return file.relative_to(SOURCE).as_posix()


def _lines(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines())


def _functions(file: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def _length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _too_long(file: Path, function: Function) -> bool:
    """On the command line the parameters are the options, a table of their own, and are not counted."""
    options = function.body[0].lineno - function.lineno if _name(file).startswith("cli/") else 0
    return _length(function) - options > LONGEST_FUNCTION


def _parameters(function: Function) -> int:
    """What a caller has to know: not the object itself, and not what is gathered."""
    given = function.args
    names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def _texts(file: Path) -> Iterator[str]:
    """The string constants of a file; what is filled in at run time is a brace."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _at(values: list[int], share: float) -> int:
    return sorted(values)[int(len(values) * share)]


def test_the_sizes_are_printed() -> None:
    """Who runs this with -s sees how large the house is."""
    files = {_name(file): _lines(file) for file in FILES}
    functions = [_length(function) for file in FILES for function in _functions(file)]
    tests = {file.name: _lines(file) for file in (ROOT / "tests").rglob("*.py")}

    print()  # noqa: T201
    for title, sizes in (("source files", files), ("test files", tests)):
        largest = ", ".join(f"{name} {size}" for name, size in sorted(sizes.items(), key=lambda row: -row[1])[:5])
        total, middle = sum(sizes.values()), _at(list(sizes.values()), 0.5)
        print(f"{len(sizes)} {title}, {total} lines, median {middle}; largest: {largest}")  # noqa: T201
    middle, long = _at(functions, 0.5), _at(functions, 0.95)
    print(f"{len(functions)} functions, median {middle} lines, p95 {long}, longest {max(functions)}")  # noqa: T201
    assert files
    assert functions


@pytest.mark.parametrize("file", [file for file in FILES if _name(file) not in TABLES], ids=_name)
def test_files_have_a_largest_size(file: Path) -> None:
    """A file of more than three hundred lines holds two ideas."""
    assert _lines(file) <= LONGEST_FILE


@pytest.mark.parametrize("file", [file for file in FILES if "/migrations/" not in _name(file)], ids=_name)
def test_functions_have_a_largest_size(file: Path) -> None:
    """A function of more than fifty lines is two functions; a step of a migration is written once and never changed."""
    assert [function.name for function in _functions(file) if _too_long(file, function)] == []


@pytest.mark.parametrize("file", [file for file in FILES if not _name(file).startswith("cli/")], ids=_name)
def test_functions_have_few_parameters(file: Path) -> None:
    """Beyond six parameters there is a missing record; on the command line a parameter is an option."""
    assert [function.name for function in _functions(file) if _parameters(function) > MOST_PARAMETERS] == []


@pytest.mark.parametrize("file", [file for file in FILES if not _name(file).startswith(HOMES_OF_SQL)], ids=_name)
def test_sql_stays_in_its_room(file: Path) -> None:
    """Nothing outside the store asks the engine in words of its own."""
    assert [text for text in _texts(file) if SQL.search(text)] == []


def test_the_room_of_sql_has_some() -> None:
    """What is looked for elsewhere is found where it belongs."""
    homes = {_name(file).split("/")[0] for file in FILES if any(SQL.search(text) for text in _texts(file))}

    assert homes == {"store", "registry"}


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_nothing_depends_on_a_machine(file: Path) -> None:
    """No text mentions a path that only one machine has."""
    text = file.read_text(encoding="utf-8")

    assert [found.group() for found in MACHINE_PATH.finditer(text)] == []


@pytest.mark.parametrize("place", _PLACES)
def test_paths_of_a_machine_are_found(place: str) -> None:
    """What is looked for is what it looks like in a text; parts of other words and addresses are not."""
    path = f"/{place}/somebody/file"

    assert MACHINE_PATH.search(f'open("{path}")')
    assert not MACHINE_PATH.search(f"frame{path}")
    assert not MACHINE_PATH.search(f"https://example.org{path}")
