"""Who is in the segment of a plan, and at which moments its message comes to them."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

from aftersend.demo.people import Person
from aftersend.demo.plan import Plan
from aftersend.demo.span import DAY, DAYS, HOUR, MINUTE, SETTLING, Span

NEWCOMERS_SEGMENT = "newcomers"
"""The segment of those who signed up during the month; their trigger is the sign-up."""

_QUEUE = 40 * MINUTE
"""How long it takes until a campaign has gone out to everybody."""


class Send(NamedTuple):
    """One message to one user; `number` counts the sends of a campaign to a user from 0."""

    person: Person
    time: int
    number: int


def sends(plan: Plan, people: Sequence[Person], span: Span, seed: int) -> Iterator[Send]:
    """Yield the sends of a plan that fit into the month, user by user."""
    # Plans with a segment in common draw the same numbers, and so find the same users at the same moments.
    random = Random(f"{seed}/audience/{plan.segment or plan.id}")
    latest = span.closes - SETTLING
    for person in _segment(plan, people, random):
        for number, time in enumerate(_moments(plan, person, span, random)):
            if (person.joined or span.opens) <= time <= latest:
                yield Send(person, time, number)


def _segment(plan: Plan, people: Sequence[Person], random: Random) -> Sequence[Person]:
    if plan.segment == NEWCOMERS_SEGMENT:
        return [person for person in people if person.joined is not None]
    chosen = random.sample(people, int(plan.share * len(people)))
    return chosen[: round(plan.kept * len(chosen))]


def _moments(plan: Plan, person: Person, span: Span, random: Random) -> Iterator[int]:
    if plan.day is not None:
        queued = int(random.random() * _QUEUE)
        yield span.opens + plan.day * DAY + plan.hour * HOUR - person.utc_offset + queued
        return
    if plan.segment == NEWCOMERS_SEGMENT and person.joined is not None:
        yield person.joined + plan.after * MINUTE + int(random.random() * MINUTE)
        return
    yield _trigger(plan, person, span, random)
    while random.random() < plan.again:
        yield _trigger(plan, person, span, random)


def _trigger(plan: Plan, person: Person, span: Span, random: Random) -> int:
    """Draw a moment of any day between eight in the morning and nine at night on the user's clock."""
    time_of_day = 8 * HOUR + int(random.random() * 13 * HOUR)
    day = int(random.random() * DAYS)
    return span.opens + day * DAY + time_of_day - person.utc_offset + plan.after * MINUTE
