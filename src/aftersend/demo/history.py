"""A month of an ordinary shop's campaigns, on every channel: the data that a demo server starts with."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from aftersend.demo.audience import sends
from aftersend.demo.messenger import Event, Messenger
from aftersend.demo.people import Person, people
from aftersend.demo.plan import Plan, campaign
from aftersend.demo.programme import programme
from aftersend.demo.series import CART_CAMPAIGN
from aftersend.demo.shopping import Shopper, UserEvent
from aftersend.demo.span import Span


@dataclass(frozen=True, slots=True)
class Month:
    """The campaigns of a month, and its events: drawn anew on every call, and always the same."""

    campaigns: list[dict[str, Any]]
    plans: tuple[Plan, ...]
    people: tuple[Person, ...]
    span: Span
    seed: int

    def message_events(self) -> Iterator[Event]:
        """Yield the message events, campaign by campaign and user by user, not in the order of time."""
        for plan in self.plans:
            messenger = Messenger(plan, self.span.closes, self.seed)
            for send in sends(plan, self.people, self.span, self.seed):
                yield from messenger.events(send)

    def user_events(self) -> Iterator[UserEvent]:
        """Yield the user events; most follow from message events, which are drawn again for it."""
        yield from Shopper(self.people, self.span, self.seed).events(self.message_events(), CART_CAMPAIGN)


def month(last_day: date, users: int = 30_000, seed: int = 7) -> Month:
    """Plan the 31 days that end on `last_day`; the same arguments give the same month."""
    span = Span(last_day)
    plans = programme(span)
    campaigns = [campaign(plan, place, span, users) for place, plan in enumerate(plans)]
    return Month(campaigns, plans, people(users, span, seed), span, seed)
