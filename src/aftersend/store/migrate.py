"""Brings a ledger to the newest table layout: numbered steps, in order, each recorded when it is done."""

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files

from aftersend.errors import Misconfigured
from aftersend.store.engine import Engine

_RECORD = """
CREATE TABLE IF NOT EXISTS schema_steps (
    number UInt32, name String, checksum String, applied_at DateTime DEFAULT now()
) ENGINE = MergeTree ORDER BY number
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One numbered file of statements."""

    number: int
    name: str
    statements: tuple[str, ...]
    checksum: str


def steps() -> list[Step]:
    """Return the steps that this version of the program knows, in order."""
    found = []
    for file in files("aftersend.store").joinpath("migrations").iterdir():
        if match := re.fullmatch(r"(\d{4})_(\w+)\.sql", file.name):
            text = file.read_text(encoding="utf-8")
            code = re.sub(r"--[^\n]*", "", text)
            statements = tuple(part.strip() for part in code.split(";") if part.strip())
            checksum = hashlib.sha256(text.encode()).hexdigest()[:16]
            found.append(Step(int(match[1]), match[2], statements, checksum))
    found.sort(key=lambda step: step.number)
    if [step.number for step in found] != list(range(1, len(found) + 1)):
        raise Misconfigured("the ledger's migrations are not numbered without gaps; reinstall the package")
    return found


def migrate(engine: Engine) -> list[Step]:
    """Apply the steps that the ledger lacks and return them.

    Raises:
        Misconfigured: the ledger was made by a newer version, or one of its steps has been altered since.
    """
    engine.command(_RECORD)
    applied = {row[0]: row[1] for row in engine.select("SELECT number, checksum FROM schema_steps")}
    known = steps()
    if newer := sorted(set(applied) - {step.number for step in known}):
        raise Misconfigured(f"the ledger has step {newer[-1]}, which this version does not know; upgrade aftersend")
    missing = []
    for step in known:
        if step.number not in applied:
            _apply(engine, step)
            missing.append(step)
        elif applied[step.number] != step.checksum:
            raise Misconfigured(f"step {step.number} of the ledger differs from this version's; reinstall the package")
    return missing


def _apply(engine: Engine, step: Step) -> None:
    for statement in step.statements:
        # A step that was cut off by a crash is simply applied again.
        engine.command(re.sub(r"^CREATE TABLE (?!IF)", "CREATE TABLE IF NOT EXISTS ", statement))
    engine.command(
        "INSERT INTO schema_steps (number, name, checksum) VALUES ({number:UInt32}, {name:String}, {checksum:String})",
        {"number": step.number, "name": step.name, "checksum": step.checksum},
    )
