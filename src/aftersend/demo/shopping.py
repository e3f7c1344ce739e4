"""What the people of the demo's month do themselves: they sign up, fill carts and buy.

Whoever a message moves is likelier to buy: a click more than an open, an open more than a message that
was only sent, and that no more than none at all, so that uplift can be seen.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from math import log
from random import Random

from aftersend.demo.messenger import Event
from aftersend.demo.people import Person
from aftersend.demo.series import CART_DELAY_MINUTES
from aftersend.demo.span import HOUR, MINUTE, Span
from aftersend.domain.kinds import Kind

UserEvent = dict[str, str | int | dict[str, str | float]]
"""A native user event."""

_URGES: dict[str, float] = {
    Kind.TARGETED.value: 0.024,
    Kind.HELD_OUT.value: 0.024,
    Kind.OPENED.value: 0.02,
    Kind.READ.value: 0.02,
    Kind.IMPRESSION.value: 0.012,
    Kind.SYNCED.value: 0.03,
    Kind.CLICKED.value: 0.11,
}
"""The chance that a purchase follows a message event of the kind."""

_DELIBERATION = 9 * HOUR
_CART_SHARE = 0.85
"""The share of purchases that are seen to go through a cart."""
_BROWSERS = 0.52
"""The share of people who fill a cart now and then without any message."""
_PRODUCTS = ("lamp", "kettle", "notebook", "backpack", "headphones", "rug", "teapot", "scarf")
_SOURCES = ("organic", "referral", "ad", "store")


class Shopper:
    """Writes the user events of one month, numbered by user and name."""

    def __init__(self, people: Sequence[Person], span: Span, seed: int) -> None:
        self._people = {person.id: person for person in people}
        self._span = span
        self._random = Random(f"{seed}/shopping")
        self._numbers: dict[tuple[str, str], int] = {}
        self._orders = 0

    def events(self, messages: Iterable[Event], cart_campaign: str) -> Iterator[UserEvent]:
        """Yield sign-ups, what the message events lead to, and what people do of their own accord.

        `cart_campaign` is the campaign that reminds of carts: whom it targets has left one.
        """
        for person in self._people.values():
            yield from chain(self._sign_up(person), self._browse(person))
        for message in messages:
            yield from self._respond(message, cart_campaign)

    def _sign_up(self, person: Person) -> Iterator[UserEvent]:
        if person.joined is not None:
            yield from self._write("signup", person, person.joined, source=self._one_of(_SOURCES))

    def _browse(self, person: Person) -> Iterator[UserEvent]:
        if self._random.random() >= _BROWSERS:
            return
        since = person.joined or self._span.opens
        yield from self._fill_cart(person, since + int(self._random.random() * (self._span.closes - since)))

    def _respond(self, message: Event, cart_campaign: str) -> Iterator[UserEvent]:
        person, time, kind = self._people[str(message["user_id"])], int(message["time"]), str(message["kind"])
        if message["campaign_id"] == cart_campaign and kind == Kind.TARGETED:
            yield from self._fill_cart(person, time - CART_DELAY_MINUTES * MINUTE)
        if "machine" in message or self._random.random() >= _URGES.get(kind, 0.0):
            return
        bought = time + int(-log(1.0 - self._random.random()) * _DELIBERATION)
        if self._random.random() < _CART_SHARE:
            yield from self._fill_cart(person, (time + bought) // 2)
        yield from self._buy(person, bought)

    def _fill_cart(self, person: Person, time: int) -> Iterator[UserEvent]:
        return self._write("add_to_cart", person, time, product=self._one_of(_PRODUCTS))

    def _buy(self, person: Person, time: int) -> Iterator[UserEvent]:
        self._orders += 1
        amount = round(self._random.lognormvariate(3.6, 0.6), 2)
        order = f"order-{self._orders:06d}"
        return self._write("purchase", person, time, amount=amount, currency="EUR", order_id=order)

    def _one_of(self, words: Sequence[str]) -> str:
        return words[int(self._random.random() * len(words))]

    def _write(self, name: str, person: Person, time: int, **attributes: str | float) -> Iterator[UserEvent]:
        if not self._span.opens <= time <= self._span.closes:
            return
        number = self._numbers.get((person.id, name), 0)
        self._numbers[person.id, name] = number + 1
        yield {
            "event_id": f"{person.id}-{name}-{number}",
            "name": name,
            "user_id": person.id,
            "time": time,
            "platform": person.platform,
            "attributes": attributes,
        }
