"""The walk of a batch, from bytes to receipt, in one place."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime

from aftersend.domain.events import Receipt, Stream
from aftersend.domain.periods import EARLIEST_MILLISECONDS, DayFinder, first_moment
from aftersend.domain.workspaces import OPERATOR, Workspace
from aftersend.intake.accept import Accepted, accept_message_events, accept_user_events
from aftersend.intake.arrival import NATIVE, Arrival
from aftersend.intake.commit import Committer
from aftersend.intake.decode import BatchDecoder, Decoded
from aftersend.intake.drafts import Drafts, brought_by
from aftersend.intake.placement import Known, PlacementMemory
from aftersend.intake.wire import MessageEvent, UserEvent
from aftersend.registry.campaigns import Campaigns


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: a workspace, by which key, and through which door."""

    workspace: Workspace
    key_id: str = OPERATOR
    source: str = NATIVE


@dataclass(slots=True)
class Underway:
    """A batch on its way to the disk: what was turned away is known, what was new is still to come."""

    accepted: Accepted
    new_events: "Future[int]"

    def receipt(self, new_events: int) -> Receipt:
        """Return the answer to the sender."""
        return Receipt(new_events, self.accepted.checked.events - new_events, tuple(self.accepted.rejected))


class Intake:
    """Takes batches of events in for any workspace."""

    def __init__(self, campaigns: Campaigns, committer: Committer, now: Callable[[], datetime]) -> None:
        self.drafts = Drafts(campaigns, now)
        self._committer = committer
        self._now = now
        self._message_events = BatchDecoder(MessageEvent)
        self._user_events = BatchDecoder(UserEvent)
        self._placements = PlacementMemory()
        self._day_finders: dict[str, DayFinder] = {}

    def receive(self, sender: Sender, stream: Stream, body: bytes, *, lines: bool) -> Receipt:
        """Take a batch in and return when it is durable and visible."""
        underway = self.begin(sender, stream, body, lines=lines)
        return underway.receipt(underway.new_events.result())

    def begin(self, sender: Sender, stream: Stream, body: bytes, *, lines: bool, may_wait: bool = True) -> Underway:
        """Check a batch and queue its good events.

        Raises:
            Unparseable, TooLarge: nothing of the body can be used.
            Overloaded, StoreUnavailable: nothing was kept; send it again.
            MustWait: it may not wait, but has to for the registry; nothing was done.
        """
        return self._submit(self._accept(sender, stream, body, lines, may_wait))

    def begin_message_events(self, sender: Sender, decoded: Decoded[MessageEvent], campaigns: Known) -> Underway:
        """Queue message events of these campaigns that were made here, or read from another format.

        Raises:
            Overloaded, StoreUnavailable: nothing was kept.
        """
        return self._submit(accept_message_events(self.arrival(sender), decoded, campaigns, self._placements))

    def begin_user_events(self, sender: Sender, decoded: Decoded[UserEvent]) -> Underway:
        """Queue user events that were read from another format.

        Raises:
            Overloaded, StoreUnavailable: nothing was kept.
        """
        return self._submit(accept_user_events(self.arrival(sender), decoded))

    def _submit(self, accepted: Accepted) -> Underway:
        if not accepted.checked.events:
            nothing: Future[int] = Future()
            nothing.set_result(0)
            return Underway(accepted, nothing)
        return Underway(accepted, self._committer.submit(accepted.checked))

    def _accept(self, sender: Sender, stream: Stream, body: bytes, lines: bool, may_wait: bool) -> Accepted:
        arrival = self.arrival(sender)
        if stream is Stream.USER_EVENTS:
            return accept_user_events(arrival, self._user_events.decode(body, lines=lines))
        decoded = self._message_events.decode(body, lines=lines)
        named = {event.campaign_id for event in decoded.events}
        campaigns = self.drafts.find(sender.workspace.id, named, map(brought_by, decoded.events), may_wait=may_wait)
        return accept_message_events(arrival, decoded, campaigns, self._placements)

    def arrival(self, sender: Sender) -> Arrival:
        """Return what all events that a sender sends now have in common."""
        workspace, now = sender.workspace, self._now()
        first_day = workspace.first_day_kept(now)
        earliest = EARLIEST_MILLISECONDS if first_day is None else first_moment(first_day, workspace.zone)
        received_at = int(now.timestamp() * 1000)
        return Arrival(workspace.id, self._days(workspace), received_at, sender.source, sender.key_id, earliest)

    def _days(self, workspace: Workspace) -> DayFinder:
        # A workspace's zone never changes, so what was found out about its days holds for good.
        finder = self._day_finders.get(workspace.timezone)
        if finder is None:
            finder = self._day_finders[workspace.timezone] = DayFinder(workspace.zone)
        return finder
