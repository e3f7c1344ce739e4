"""The messenger: sends one campaign's messages and writes down what becomes of each."""

from collections.abc import Iterator
from math import log
from random import Random

from aftersend.demo.audience import Send
from aftersend.demo.courses import Course, Reaction, Shares, course_of
from aftersend.demo.people import Person
from aftersend.demo.plan import Plan
from aftersend.domain.campaigns import DEFAULT_LOCALE, DEFAULT_VARIATION
from aftersend.domain.channels import Channel
from aftersend.domain.kinds import ControlGroup, Kind

Event = dict[str, str | int]
"""A native message event; a flag such as `machine` is an int to the type checker."""

_REMOVED, _HELD_OUT, _ADDRESSED = Kind.REMOVED.value, Kind.HELD_OUT.value, Kind.ADDRESSED.value
_ATTEMPTED, _FAILED, _SENT = Kind.ATTEMPTED.value, Kind.FAILED.value, Kind.SENT.value

_SECOND = 1000
_STALE_TOKEN = 0.12
"""The chance that the token of a user's further device is no longer active."""


class Messenger:
    """Turns the sends of one campaign into events.

    The figures add up by construction: whoever is targeted is removed or attempted, every attempt ends as
    sent or as failed, and everything else follows a `sent`.
    """

    def __init__(self, plan: Plan, closes: int, seed: int) -> None:
        self._plan = plan
        self._closes = closes
        self._random = Random(f"{seed}/messages/{plan.id}").random
        self._courses: dict[tuple[str, str | None], Course] = {
            (variation.name, platform): course_of(plan.channel, platform).lifted(variation.lifts)
            for variation in plan.variations
            for platform in (plan.platforms or (None,))
        }
        self._events: list[Event] = []
        self._numbers: dict[str, int] = {}
        self._person: Person
        self._prefix = ""

    def events(self, send: Send) -> list[Event]:
        """Return what becomes of one send; nothing for a user without any of the campaign's platforms."""
        self._events, self._numbers, self._person = [], {}, send.person
        self._prefix = f"{self._plan.id}-{send.person.id}"
        if send.number:
            self._prefix += f"-{send.number}"
        details = self._send_details()
        group = self._control_group()
        variation = self._variation()
        for platform, devices in self._legs():
            leg: Event = details if platform is None else {**details, "platform": platform}
            if group is not None:
                self._write(_HELD_OUT, send.time, {**leg, "group": group})
                continue
            if variation != DEFAULT_VARIATION:
                leg = {**leg, "variation": variation}
            self._leg(self._courses[variation, platform], send.time, leg, devices)
        return self._events

    def _send_details(self) -> Event:
        details: Event = {}
        locale = self._person.locale
        if locale != DEFAULT_LOCALE and locale in self._plan.locales:
            details["locale"] = locale
        if self._plan.again:
            details["send_id"] = self._prefix
        return details

    def _control_group(self) -> str | None:
        if self._plan.global_group and self._person.in_global_group:
            return ControlGroup.GLOBAL.value
        if self._plan.campaign_group and self._random() * 100 < self._plan.campaign_group:
            return ControlGroup.CAMPAIGN.value
        return None

    def _variation(self) -> str:
        variations = self._plan.variations
        return variations[int(self._random() * len(variations))].name if len(variations) > 1 else variations[0].name

    def _legs(self) -> Iterator[tuple[str | None, tuple[str, ...]]]:
        """Yield the platforms that the message goes to, for push with the user's devices there."""
        if not self._plan.platforms:
            yield None, ("",)
            return
        for platform, devices in self._person.devices.items():
            if platform not in self._plan.platforms:
                continue
            if self._plan.channel is Channel.PUSH:
                yield platform, devices
            else:  # shown where the user is, so in one place
                yield platform, ("",)
                return

    def _leg(self, course: Course, time: int, details: Event, devices: tuple[str, ...]) -> None:
        for kind in course.openings:
            self._write(kind, time, details)
        reason = _drawn(course.removals, self._random())
        if reason is not None:
            self._write(_REMOVED, time, {**details, "reason": reason})
            return
        for place, device in enumerate(devices):
            if device:
                details = {**details, "device_id": device}
                self._write(_ADDRESSED, time, details)
            if place == 0 or self._random() >= _STALE_TOKEN:
                self._attempt(course, time + _SECOND, details)

    def _attempt(self, course: Course, time: int, details: Event) -> None:
        self._write(_ATTEMPTED, time, details)
        reason = _drawn(course.failures, self._random())
        if reason is not None:
            self._write(_FAILED, time + _SECOND, {**details, "reason": reason})
            return
        self._write(_SENT, time + _SECOND, details)
        self._react(course.reactions, time + _SECOND, details)

    def _react(self, reactions: tuple[Reaction, ...], time: int, details: Event) -> None:
        random = self._random
        keenness = self._person.engagement * self._plan.appeal
        happened = {_SENT: time}
        for row in reactions:
            start = happened.get(row.follows)
            if start is None or random() >= (row.chance * keenness if row.personal else row.chance):
                continue
            if row.unless and not row.unless.isdisjoint(happened):
                continue
            first = self._repeat(row, start, {**details, **row.details} if row.details else details)
            happened.setdefault(row.kind, first)

    def _repeat(self, row: Reaction, start: int, details: Event) -> int:
        """Write a reaction as often as it comes, and return when it came first."""
        random = self._random
        first = time = start + int(-log(1.0 - random()) * row.delay)
        self._write(row.kind, time, details)
        while row.again and random() < row.again:
            time += int(-log(1.0 - random()) * row.delay)
            self._write(row.kind, time, details)
        return first

    def _write(self, kind: str, time: int, details: Event) -> None:
        if time > self._closes:
            return
        number = self._numbers.get(kind, 0)
        self._numbers[kind] = number + 1
        self._events.append(
            {
                "event_id": f"{self._prefix}-{kind}-{number}",
                "kind": kind,
                "campaign_id": self._plan.id,
                "user_id": self._person.id,
                "time": time,
                **details,
            }
        )


def _drawn(shares: Shares, roll: float) -> str | None:
    """Return the reason on which a roll between 0 and 1 falls, if any."""
    for reason, share in shares:
        roll -= share
        if roll < 0:
            return reason
    return None
