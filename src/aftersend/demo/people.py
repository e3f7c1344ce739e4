"""The people of the demo's month: where they live, what they use and how keen they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from zlib import crc32

from aftersend.demo.span import DAY, DAYS, HOUR, Span
from aftersend.domain.campaigns import DEFAULT_LOCALE

GLOBAL_GROUP_PERCENTAGE = 5
NEWCOMERS = 0.14
"""The share of people who sign up during the month."""


@dataclass(frozen=True, slots=True)
class Person:
    """One user. `devices` has the ids of the user's devices by platform, the main platform first."""

    id: str
    locale: str
    utc_offset: int
    devices: dict[str, tuple[str, ...]]
    engagement: float
    joined: int | None
    in_global_group: bool

    @property
    def platform(self) -> str:
        """Return the platform that the user mostly uses."""
        return next(iter(self.devices))


HOMES = (  # locale, hours ahead of UTC, people in a hundred
    (DEFAULT_LOCALE, 0, 45),
    ("de-DE", 1, 20),
    ("es-ES", 1, 15),
    (DEFAULT_LOCALE, -5, 20),
)
EASTERNMOST = max(hours for _, hours, _ in HOMES)
"""Where a local hour comes first."""

KITS = (  # the platforms of a user's devices, people in a hundred
    (("ANDROID",), 27),
    (("IOS",), 22),
    (("ANDROID", "WEB"), 12),
    (("IOS", "WEB"), 9),
    (("WEB",), 9),
    (("MWEB",), 6),
    (("ANDROID", "MWEB"), 5),
    (("ANDROID", "ANDROID"), 4),
    (("IOS", "ANDROID", "WEB"), 3),
    (("IOS", "IOS", "MWEB"), 3),
)


def people(count: int, span: Span, seed: int) -> tuple[Person, ...]:
    """Draw the people; the same arguments give the same people."""
    return tuple(_drawn_people(count, span, Random(f"{seed}/people")))


def _drawn_people(count: int, span: Span, random: Random) -> Iterator[Person]:
    homes = random.choices(HOMES, cum_weights=list(accumulate(home[-1] for home in HOMES)), k=count)
    kits = random.choices(KITS, cum_weights=list(accumulate(kit[-1] for kit in KITS)), k=count)
    for number, ((locale, hours, _), (platforms, _)) in enumerate(zip(homes, kits, strict=True), start=1):
        identity = f"user-{number:05d}"
        yield Person(
            id=identity,
            locale=locale,
            utc_offset=hours * HOUR,
            devices=_devices(identity, platforms),
            engagement=_engagement(random),
            joined=_joined(span, random) if random.random() < NEWCOMERS else None,
            in_global_group=is_in_global_group(identity),
        )


def is_in_global_group(user_id: str) -> bool:
    """Return whether the global control group holds the user out: a hash, so always the same users."""
    return crc32(f"global/{user_id}".encode()) % 100 < GLOBAL_GROUP_PERCENTAGE


def _devices(identity: str, platforms: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {
        platform: tuple(f"{identity}-{platform.lower()}-{n}" for n in range(1, platforms.count(platform) + 1))
        for platform in platforms
    }


def _engagement(random: Random) -> float:
    """Draw how keen a user is: about 1 on average, little for most, a lot for a few (a power law)."""
    return min(5.0, 0.42 * random.paretovariate(1.3))


def _joined(span: Span, random: Random) -> int:
    """Draw a sign-up between eight in the morning and ten at night, UTC, of any day of the month."""
    return span.opens + random.randrange(DAYS) * DAY + random.randrange(8 * HOUR, 22 * HOUR)
