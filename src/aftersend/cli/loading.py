"""`aftersend load`: files of events into a ledger, with a progress bar, safe to repeat."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from aftersend.cli.client import Client
from aftersend.cli.console import messages
from aftersend.cli.event_files import Batch, batches, stream_of
from aftersend.cli.source_files import split_events
from aftersend.domain.events import Stream
from aftersend.domain.sources import EventSource

_UNDER_WAY = 4
"""Batches that are sent at the same time; the server gathers them into one insert."""

SHOWN_REJECTIONS = 10


@dataclass(slots=True)
class LoadReport:
    """What became of the events of all files; only other sources have events that are recognised or unknown."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    recognised: int = 0
    unknown: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class _Sent:
    file: Path
    batch: Batch
    receipt: "Future[dict[str, Any]]"


def load(
    client: Client,
    files: Iterable[Path],
    stream: Stream | None,
    rejects: Path | None,
    source: EventSource | None = None,
) -> LoadReport:
    """Send the events of the files, native ones or those of another source, and return what became of them.

    Events that are turned away are counted, the first of them kept as examples, and all of them written to
    `rejects` when that is given: one line each, with the place in the file and the reason.
    """
    report = LoadReport()
    with _open_rejects(rejects) as written, ThreadPoolExecutor(_UNDER_WAY) as sending, _progress() as progress:
        for file in files:
            task = progress.add_task(file.name, total=max(file.stat().st_size, 1))
            send: Callable[[bytes], dict[str, Any]]
            if source is not None:
                send = partial(client.ingest_source, source)
            else:
                send = partial(client.ingest, stream or stream_of(file))
            under_way: deque[_Sent] = deque()
            for batch in batches(file, split_events) if source else batches(file):
                under_way.append(_Sent(file, batch, sending.submit(send, batch.lines)))
                while len(under_way) >= _UNDER_WAY:
                    _settle(under_way.popleft(), report, written)
                progress.update(task, completed=batch.position)
            while under_way:
                _settle(under_way.popleft(), report, written)
            progress.update(task, completed=progress.tasks[task].total)
    return report


def _settle(sent: _Sent, report: LoadReport, written: TextIO | None) -> None:
    receipt = sent.receipt.result()
    report.accepted += receipt["accepted"]
    report.duplicates += receipt["duplicates"]
    report.rejected += len(receipt["rejected"])
    report.recognised += receipt.get("recognised", 0)
    report.unknown += receipt.get("unknown", 0)
    for row in receipt["rejected"]:
        told = {"file": str(sent.file), "event": sent.batch.first + row["index"] + 1, **row}
        del told["index"]
        if len(report.examples) < SHOWN_REJECTIONS:
            report.examples.append(told)
        if written is not None:
            written.write(json.dumps(told, ensure_ascii=False) + "\n")


@contextmanager
def _open_rejects(rejects: Path | None) -> Iterator[TextIO | None]:
    if rejects is None:
        yield None
        return
    with rejects.open("w", encoding="utf-8") as written:
        yield written


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
        console=messages,
    )
