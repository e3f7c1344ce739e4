"""How a ledger is brought to the newest layout: which steps are applied, and which ledgers are refused."""

from pathlib import Path

import pytest

from aftersend.errors import Misconfigured
from aftersend.store import migrate as module
from aftersend.store.migrate import migrate, steps
from fakes import FakeEngine

APPLIED = "SELECT number, checksum FROM schema_steps"


def _package(folder: Path, **files: str) -> Path:
    """A package whose migrations are these files."""
    migrations = folder / "migrations"
    migrations.mkdir()
    for name, text in files.items():
        (migrations / f"{name}.sql").write_text(text, encoding="utf-8")
    return folder


def test_the_steps_of_this_version() -> None:
    """The first step makes both tables."""
    first = steps()[0]

    assert (first.number, first.name) == (1, "ledger")
    assert [statement.split("(")[0].split()[-1] for statement in first.statements] == ["message_events", "user_events"]


def test_an_empty_ledger_gets_every_step() -> None:
    """All steps are applied in order, each recorded when it is done."""
    engine = FakeEngine()

    applied = migrate(engine)

    assert [step.number for step in applied] == [step.number for step in steps()]
    assert engine.commands[0].startswith("CREATE TABLE IF NOT EXISTS schema_steps")
    assert engine.commands[1].startswith("CREATE TABLE IF NOT EXISTS message_events")
    assert engine.commands[-1].startswith("INSERT INTO schema_steps")
    last = steps()[-1]
    assert engine.given[-1] == {"number": last.number, "name": last.name, "checksum": last.checksum}


def test_a_ledger_that_has_every_step_is_left_alone() -> None:
    """Nothing is applied twice."""
    engine = FakeEngine({APPLIED: [(step.number, step.checksum) for step in steps()]})

    assert migrate(engine) == []
    assert len(engine.commands) == 1


def test_a_ledger_of_a_newer_version_is_refused() -> None:
    """A step that this version does not know means that it must not touch the tables."""
    engine = FakeEngine({APPLIED: [*((step.number, step.checksum) for step in steps()), (len(steps()) + 1, "x")]})

    with pytest.raises(
        Misconfigured, match=rf"the ledger has step {len(steps()) + 1}, which this version does not know; upgrade"
    ):
        migrate(engine)
    assert len(engine.commands) == 1


def test_a_step_that_was_altered_is_refused() -> None:
    """A ledger whose step was another text than this version's is not what this version takes it for."""
    engine = FakeEngine({APPLIED: [(1, "another")]})

    with pytest.raises(Misconfigured, match="step 1 of the ledger differs from this version's"):
        migrate(engine)


def test_steps_are_read_in_order_without_comments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are ordered by their numbers, statements end with semicolons, and comments are no statements."""
    folder = _package(
        tmp_path,
        **{
            "0002_more": "ALTER TABLE a; -- why; not\nDROP TABLE b;\n",
            "0001_first": "-- only\nCREATE TABLE a (x Int8);",
        },
    )
    (folder / "migrations" / "README.sql").write_text("not a step")
    monkeypatch.setattr(module, "files", lambda package: folder)

    assert [(step.number, step.name, step.statements) for step in steps()] == [
        (1, "first", ("CREATE TABLE a (x Int8)",)),
        (2, "more", ("ALTER TABLE a", "DROP TABLE b")),
    ]


@pytest.mark.parametrize("names", [["0002_b"], ["0001_a", "0003_c"], ["0001_a", "0001_b"], ["0000_z", "0001_a"]])
def test_a_package_with_a_gap_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str]) -> None:
    """Numbers that are left out, given twice or begin elsewhere mean that the package is broken."""
    folder = _package(tmp_path, **dict.fromkeys(names, "SELECT 1;"))
    monkeypatch.setattr(module, "files", lambda package: folder)

    with pytest.raises(Misconfigured, match="not numbered without gaps"):
        migrate(FakeEngine())


def test_a_missing_step_in_the_middle_is_applied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that was cut off before it was recorded is applied again, and what is there is not."""
    folder = _package(tmp_path, **{"0001_a": "CREATE TABLE a (x Int8)", "0002_b": "CREATE TABLE b (x Int8)"})
    monkeypatch.setattr(module, "files", lambda package: folder)
    engine = FakeEngine({APPLIED: [(1, steps()[0].checksum)]})

    assert [step.name for step in migrate(engine)] == ["b"]
    assert engine.commands[1] == "CREATE TABLE IF NOT EXISTS b (x Int8)"
