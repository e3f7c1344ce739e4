"""What the clients of the crash test send: made of a seed, so that the same seed makes the same traffic."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from builders import NOON, Json, campaign

MESSAGE_EVENTS, USER_EVENTS = "message-events", "user-events"

CAMPAIGNS = [
    campaign("EMAIL", id="mail", goals=[{"name": "Order", "event": "purchase", "revenue_attribute": "amount"}]),
    campaign("PUSH", id="push", platforms=["ANDROID", "IOS"]),
]

_KINDS = {
    "mail": ("sent", "sent", "delivered", "opened", "clicked"),
    "push": ("sent", "sent", "impression", "clicked"),
}
_FORMS = ("array", "object", "lines")
_PACKINGS = ("", "", "gzip", "zstd")
_DAY = 86_400_000


@dataclass(slots=True)
class Batch:
    """A batch: how it is sent, its events, and what has become of it."""

    stream: str
    form: str
    packing: str
    own: list[Json]
    """Events that no other batch brought before."""
    repeats: list[Json] = field(default_factory=list)
    """Events of this batch once more."""
    earlier: "Batch | None" = None
    """The batch of which the first events come once more in this one."""
    bad: list[Json] = field(default_factory=list)
    shared: bool = False
    lent: int = 0
    """How many of the first events came in a later batch too."""
    tries: int = 0
    receipt: Json | None = None

    @property
    def again(self) -> list[Json]:
        """Return the events of the earlier batch that this one has too."""
        return self.earlier.own[: self.earlier.lent] if self.earlier else []

    @property
    def good(self) -> list[Json]:
        """Return the events that can be taken in, in order."""
        return self.own + self.repeats + self.again

    @property
    def json(self) -> Json:
        """Return the batch in the form in which it is sent."""
        return {
            "stream": self.stream,
            "form": self.form,
            "packing": self.packing,
            "events": self.good + self.bad,
        }

    def possible(self) -> set[int]:
        """Return how many of its events can be new."""
        new = {len(self.own)}
        if self.earlier and not self.earlier.receipt:
            new.add(len(self.own) + len(self.again))
        # Sent before without an answer, or by another client too, it is new as a whole or known as a whole.
        return new | {0} if self.tries > 1 or self.shared else new


class Traffic:
    """The batches of one client in one chapter, one after another."""

    def __init__(self, seed: str, client: int) -> None:
        self._seed = seed
        self._client = client

    def batches(self) -> Iterator[Batch]:
        """Yield batches without end: mostly of events of this client's own, now and then one that all clients send."""
        earlier: Batch | None = None
        for number in itertools.count(1):
            if number % 10 == 0:
                yield _shared(f"{self._seed}-shared-{number}")
                continue
            batch = self._own(number, earlier)
            yield batch
            if batch.stream == MESSAGE_EVENTS:
                earlier = batch

    def _own(self, number: int, earlier: Batch | None) -> Batch:
        name = f"{self._seed}-{self._client}-{number}"
        dice = Random(name)
        stream = USER_EVENTS if dice.random() < 0.2 else MESSAGE_EVENTS
        make = _message if stream == MESSAGE_EVENTS else _user_event
        own = [make(dice, f"{name}-{place}") for place in range(dice.choice((1, 5, 20, 60)))]
        batch = Batch(stream, dice.choice(_FORMS), dice.choice(_PACKINGS), own)
        if dice.random() < 0.3:
            batch.repeats = dice.choices(own, k=3)
        if stream == MESSAGE_EVENTS:
            if earlier is not None and dice.random() < 0.3:
                batch.earlier, earlier.lent = earlier, min(5, len(earlier.own))
            if number % 7 == 0:
                batch.bad = [_message(dice, f"{name}-bad") | {"kind": "nonsense"}]
        return batch


def _shared(name: str) -> Batch:
    dice = Random(name)
    events = [_message(dice, f"{name}-{place}") for place in range(15)]
    return Batch(MESSAGE_EVENTS, dice.choice(_FORMS), dice.choice(_PACKINGS), events, shared=True)


def _message(dice: Random, event_id: str) -> Json:
    campaign_id = dice.choice(("mail", "push"))
    event = {
        "event_id": event_id,
        "kind": dice.choice(_KINDS[campaign_id]),
        "campaign_id": campaign_id,
        "user_id": f"u{dice.randrange(300)}",
        "time": NOON + dice.randrange(20) * _DAY,
        "variation": dice.choice(("variation_1", "variation_2")),
    }
    return event | ({"platform": dice.choice(("ANDROID", "IOS"))} if campaign_id == "push" else {})


def _user_event(dice: Random, event_id: str) -> Json:
    bought = dice.random() < 0.01
    event = {
        "event_id": event_id,
        "name": "purchase" if bought else "page viewed",
        "user_id": f"u{dice.randrange(300)}",
        "time": NOON + dice.randrange(20) * _DAY + 3_600_000,
    }
    return event | ({"attributes": {"amount": dice.randrange(100), "currency": "EUR"}} if bought else {})
