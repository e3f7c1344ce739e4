"""E-mails whose numbers add up: every message goes a course to its end, so the audit has nothing to find."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from aftersend.store.batches import EventRows
from aftersend.store.embedded import EmbeddedEngine
from aftersend.store.identities import Identities
from aftersend.store.ledger import Ledger
from aftersend.store.migrate import migrate
from aftersend.store.pending import Pending
from fill import event_rows, words
from plan import LOCALES, SPAN_DAYS, SPAN_START, VARIATIONS, campaign_id

CAMPAIGN = campaign_id(1)
"""The bench's first campaign of the e-mail channel."""

_KINDS = ("targeted", "attempted", "sent", "delivered", "opened", "clicked", "failed", "bounced")
_DETAILS = {"failed": "duplicate", "bounced": "hard"}
_FIELDS: dict[str, dict[str, object]] = {"failed": {"reason": "duplicate"}, "bounced": {"bounce_type": "hard"}}
_COURSES = (
    (60, ("targeted", "attempted", "sent", "delivered")),
    (30, ("targeted", "attempted", "sent", "delivered", "opened")),
    (6, ("targeted", "attempted", "sent", "delivered", "opened", "clicked")),
    (3, ("targeted", "attempted", "sent", "bounced")),
    (1, ("targeted", "attempted", "failed")),
)
"""Of a hundred messages so many go this course."""

_HUNDRED = [
    (message, kind)
    for message, course in enumerate(course for count, course in _COURSES for _ in range(count))
    for kind in course
]
"""What happens to a hundred messages, an event each."""

_SPAN = SPAN_DAYS * 86_400_000
_STEP = 7_919
"""Milliseconds from one message to the next; after the last moment of the span it goes on at the first."""


def fill_soundly(folder: Path, workspace: str, rows: int, commits: int) -> int:
    """Put about so many rows into the ledger of a data folder, in so many commits, and return how many it was."""
    engine = EmbeddedEngine(folder / "ledger", readers=1)
    migrate(engine)
    identities = Identities(folder / "ledger-identities")
    ledger = Ledger(engine, identities, Pending(engine, folder / "ledger-journal"))
    ledger.recover()
    hundreds = max(rows // commits // len(_HUNDRED), 1)
    filled = sum(sum(ledger.commit([_batch(workspace, commit * hundreds, hundreds)])) for commit in range(commits))
    ledger.close()
    identities.close()
    engine.close()
    return filled


def bodies(prefix: str, hundreds: int) -> Iterator[tuple[bytes, int]]:
    """Yield bodies of NDJSON without end, each of so many hundreds of messages, and how many events it has."""
    encoder = msgspec.json.Encoder()
    first = 0
    while True:
        messages = (hundred * 100 for hundred in range(first, first + hundreds))
        events = [_event(prefix, message + offset, kind) for message in messages for offset, kind in _HUNDRED]
        yield encoder.encode_lines(events), len(events)
        first += hundreds


def _event(prefix: str, message: int, kind: str) -> dict[str, object]:
    sent = f"{prefix}-{message:08d}"
    event: dict[str, object] = {
        "event_id": f"{sent}-{kind}",
        "send_id": sent,
        "campaign_id": CAMPAIGN,
        "kind": kind,
        "user_id": f"{prefix}-user-{message:08d}",
        "time": _moment(message),
        "platform": "EMAIL",
        "locale": LOCALES[0],
        "variation": VARIATIONS[0],
    }
    return event | _FIELDS.get(kind, {})


def _moment(message: int) -> int:
    return SPAN_START + message * _STEP % _SPAN


def _batch(workspace: str, first: int, hundreds: int) -> EventRows:
    offsets = np.tile(np.array([offset for offset, _ in _HUNDRED]), hundreds)
    messages = offsets + np.repeat(np.arange(first, first + hundreds) * 100, len(_HUNDRED))
    kinds = np.tile(np.array([_KINDS.index(kind) for _, kind in _HUNDRED]), hundreds)
    said = [_KINDS[kind] for kind in kinds.tolist()]
    sends = [f"filled-{message:08d}" for message in messages.tolist()]
    details = ("", *dict.fromkeys(_DETAILS.values()))
    nothing = np.zeros(len(messages), np.int32)
    return event_rows(
        workspace,
        [f"{sent}-{kind}" for sent, kind in zip(sends, said, strict=True)],
        SPAN_START + messages * _STEP % _SPAN,
        {
            "campaign_id": words(nothing, (CAMPAIGN,)),
            "kind": words(kinds, _KINDS),
            "platform": words(nothing, ("EMAIL",)),
            "locale": words(messages % len(LOCALES), LOCALES),
            "variation": words(nothing, VARIATIONS),
            "detail": words(np.array([details.index(_DETAILS.get(kind, "")) for kind in said]), details),
            "user_id": pa.array([f"user-{message:08d}" for message in messages.tolist()], pa.string()),
            "send_id": pa.array(sends, pa.string()),
        },
    )
