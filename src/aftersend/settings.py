"""The settings: one frozen record, read once from a mapping, every problem reported at the same time.

Nothing below this file reads the environment; values are passed in.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from aftersend.domain.data_centers import DATA_CENTERS
from aftersend.errors import Misconfigured

PREFIX = "AFTERSEND_"

KEY_VARIABLE = PREFIX + "KEY"
"""Where commands find the key of a server elsewhere. It is no setting: a server needs no key of its own."""


def _setting(default: Any, meaning: str, read: Callable[[str], Any] = str) -> Any:
    return field(default=default, metadata={"meaning": meaning, "read": read})


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65_535:
        raise ValueError("use a port from 0 to 65535")
    return number


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("use a whole number from 1")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 <= number < math.inf:
        raise ValueError("use a number of seconds from 0")
    return number


def _content_type(text: str) -> str:
    if text not in ("application/zip", "application/gzip", "application/octet-stream"):
        raise ValueError("use application/zip, application/gzip or application/octet-stream")
    return text


def _log_format(text: str) -> str:
    if text not in ("json", "text"):
        raise ValueError("use json or text")
    return text


def _data_centers(text: str) -> tuple[str, ...]:
    named = tuple(part.strip() for part in text.split(","))
    if not set(named) <= set(DATA_CENTERS):
        raise ValueError(f"use some of {', '.join(DATA_CENTERS)}, with commas between them")
    return named


_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?")


def _hosts(text: str) -> Mapping[str, str]:
    rows = [part.strip().partition("=") for part in text.split(",")]
    if not all(name in DATA_CENTERS and _HOST.fullmatch(host) for name, _, host in rows):
        raise ValueError("use 01=stats.example.com,02=stats-eu.example.com: data centers and their hosts")
    return {name: host for name, _, host in rows}


_DEFAULT_DATA = Path("aftersend-data")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set from outside."""

    data: Path = _setting(_DEFAULT_DATA, "The data folder.", Path)  # noqa: RUF009 - a path cannot be changed
    host: str = _setting("127.0.0.1", "The address to listen on.")
    port: int = _setting(8600, "The port to listen on; 0 takes any free one.", _port)
    store: str | None = _setting(None, "The ledger's address, chdb:///folder. Default: `ledger` in the data folder.")
    registry: str | None = _setting(
        None, "The registry's address as SQLAlchemy spells it. Default: an SQLite file in the data folder."
    )
    limits: str = _setting(
        "memory://", "Where call limits are counted: memory://, or redis://… where several servers share them."
    )
    failed_sign_ins_per_minute: int = _setting(
        600, "Requests without a valid key that one address may make in a minute.", _positive
    )
    body_memory_mib: int = _setting(512, "MiB that the bodies of requests may take together.", _positive)
    seal_least_events: int = _setting(2_000, "Counts of a campaign are kept ready from so many events on.", _positive)
    seal_calm_seconds: float = _setting(
        10.0, "They are made ready when a campaign has not got an event for so many seconds, or very many.", _seconds
    )
    data_centers: tuple[str, ...] | None = _setting(
        None,
        "The data centers that this server serves, with commas between them; "
        "workspaces of others are told where to go. Default: all.",
        _data_centers,
    )
    data_center_hosts: Mapping[str, str] | None = _setting(
        None, "The hosts of this installation, as 01=stats.example.com,02=stats-eu.example.com.", _hosts
    )
    report_disk_mib: int = _setting(2048, "MiB that the files of reports may take together on the disk.", _positive)
    report_content_type: str = _setting(
        "application/zip",
        "What a downloaded report is said to be: application/zip, application/gzip or application/octet-stream.",
        _content_type,
    )
    log_format: str = _setting("json", "json, or text for people.", _log_format)
    log_level: str = _setting("info", "debug, info, warning or error.")

    @property
    def ledger_folder(self) -> Path:
        """Return the folder of the embedded engine."""
        if self.store is None:
            return self.data / "ledger"
        return Path(self.store.removeprefix("chdb://"))


def read_settings(environment: Mapping[str, str], **given: Any) -> Settings:
    """Read the settings from a mapping such as the environment; what is given on the command line wins.

    Raises:
        Misconfigured: some values cannot be used; the message names every one of them.
    """
    values: dict[str, Any] = {}
    problems = []
    known = {PREFIX + row.name.upper(): row for row in fields(Settings)}
    for name, row in known.items():
        if name in environment and row.name not in {key for key, value in given.items() if value is not None}:
            try:
                values[row.name] = row.metadata["read"](environment[name])
            except ValueError as error:
                problems.append(f"{name}: {error}")
    values.update({name: value for name, value in given.items() if value is not None})
    store = values.get("store")
    if store is not None and not str(store).startswith("chdb://"):
        problems.append(f"{PREFIX}STORE: use chdb:///folder; {store!r} is not an embedded ledger")
    if problems:
        raise Misconfigured("; ".join(problems))
    return Settings(**values)


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Return the variables that look like settings and are none; they may be misspelt."""
    known = {PREFIX + row.name.upper() for row in fields(Settings)} | {KEY_VARIABLE}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
