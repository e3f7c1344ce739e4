"""The walk of a batch of another source, from bytes to receipt. Bad events never make it fail: they are set aside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from msgspec import Raw

from aftersend.domain.events import RejectedEvent, Rejection, RejectionCode
from aftersend.domain.sources import KEPT_TEXT, EventSource, SetAside, SourceReceipt
from aftersend.intake.decode import Decoded
from aftersend.intake.receive import Intake, Sender, Underway
from aftersend.intake.sources.moengage_streams import StreamOptions, Translator
from aftersend.intake.sources.stream_wire import StreamBatch, StreamEvent, read_stream, text
from aftersend.registry.set_aside import Origin, SetAsideEvents


@dataclass(slots=True)
class SourceUnderway:
    """A batch on its way to the disk: what could not be used is there already, events of both streams are to come."""

    underway: tuple[Underway, ...]
    recognised: int
    unknown: int
    rejected: tuple[RejectedEvent, ...]
    dropped: int = 0

    def receipt(self, new_events: Sequence[int]) -> SourceReceipt:
        """Return the answer to the sender, of the numbers of new events."""
        accepted = sum(new_events)
        rows = sum(one.accepted.checked.events for one in self.underway)
        return SourceReceipt(accepted, rows - accepted, self.recognised, self.unknown, self.rejected)


class SourceDoor:
    """Takes batches of the sources in, for any workspace."""

    def __init__(self, intake: Intake, set_aside: SetAsideEvents, now: Callable[[], datetime]) -> None:
        self._intake = intake
        self._set_aside = set_aside
        self._now = now

    def receive(self, sender: Sender, source: EventSource, body: bytes, options: StreamOptions) -> SourceReceipt:
        """Take a batch in and return when all of it is durable."""
        begun = self.begin(sender, source, body, options)
        return begun.receipt([one.new_events.result() for one in begun.underway])

    def begin(self, sender: Sender, source: EventSource, body: bytes, options: StreamOptions) -> SourceUnderway:
        """Read a batch, queue its events and set aside what is of no use.

        Raises:
            TooLarge: it has more events than one body may have.
            Overloaded, StoreUnavailable: not all of it was kept; send it again.
        """
        sender = replace(sender, source=source.value)
        workspace_id = sender.workspace.id
        batch = read_stream(body)
        translator = Translator(batch, options)
        campaigns = self._intake.drafts.find(workspace_id, translator.campaign_ids, translator.drafts(), forgiving=True)
        found = translator.finish(campaigns.campaigns)
        messages = Decoded(found.messages, found.message_places, [], len(body))
        users = Decoded(found.user_events, found.user_places, [], len(body))
        underway = (
            self._intake.begin_message_events(sender, messages, campaigns),
            self._intake.begin_user_events(sender, users),
        )
        refused = found.refused
        for one in underway:
            for row in one.accepted.rejected:
                refused.setdefault(row.index, _worded(row.rejection))
        kept = {place: _set_aside(batch, place, rejection) for place, rejection in sorted(refused.items())}
        # What is older than the workspace keeps events is not kept here either.
        keep = [one for one in kept.values() if one.code is not RejectionCode.EXPIRED]
        origin = Origin(workspace_id, source, sender.key_id, self._now())
        dropped = self._set_aside.keep(origin, keep) if keep else 0
        rejected = tuple(
            RejectedEvent(place, kept[place].event_id, rejection)
            for place, rejection in sorted(refused.items())
            if rejection.code is not RejectionCode.UNKNOWN_CODE
        )
        return SourceUnderway(underway, found.recognised, len(refused) - len(rejected), rejected, dropped)


_WORDS = {
    "time": "event_time",
    "channel": "event_attributes.campaign_channel",
    "campaign_id": "event_attributes.campaign_id",
    "locale": "event_attributes.locale_name",
    "variation": "event_attributes.variation_id",
    "attributes": "event_attributes",
}
"""What the fields of our own events are called in those of the stream."""


def _worded(rejection: Rejection) -> Rejection:
    if rejection.code is RejectionCode.CHANNEL_MISMATCH:
        message = "the campaign is registered on another channel than this code is about"
        return Rejection(rejection.code, "event_code", message)
    return replace(rejection, field=_WORDS.get(rejection.field, rejection.field))


def _set_aside(batch: StreamBatch, place: int, rejection: Rejection) -> SetAside:
    event: StreamEvent | None = batch.events[place]
    raw = _start(batch.raws[place])
    event_id = text(event.event_uuid) if event is not None else ""
    event_code = (text(event.event_code) or text(event.event_name)) if event is not None else ""
    kept = raw[:KEPT_TEXT]
    return SetAside(
        rejection.code,
        rejection.field,
        rejection.message,
        event_id[:200] or None,
        event_code[:200] or None,
        kept,
        cut=len(raw) > len(kept),
    )


def _start(raw: bytes | Raw) -> str:
    """As much of a raw text as is kept, and a bit more, so that one sees where it was cut."""
    return bytes(memoryview(raw)[: 4 * KEPT_TEXT + 4]).decode("utf-8", "replace")
