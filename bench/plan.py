"""What both measurements play with: workspaces, their campaigns, and how a message of each channel goes."""

from collections.abc import Mapping
from dataclasses import dataclass

SPAN_START = 1_767_225_600_000
"""2026-01-01 00:00 UTC, in milliseconds: the first of the thirty days in which everything happens."""
SPAN_DAYS = 30
FIRST_DATE, LAST_DATE = "2026-01-01", "2026-01-30"

LOCALES = ("en", "de", "fr", "es", "hi")
VARIATIONS = ("variation_1", "variation_2", "variation_3")

CAMPAIGNS = 20
"""Campaigns of a workspace."""
ASKED = 10
"""Campaigns that one stats call is about: the first ones, so every channel is among them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that can happen to a message, the share of messages it happens to, and what it carries."""

    kind: str
    share: float
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Course:
    """How the messages of a channel go."""

    channel: str
    platforms: tuple[str, ...]
    steps: tuple[Step, ...]


def _step(kind: str, share: float, **fields: str) -> Step:
    return Step(kind, share, fields)


COURSES = (
    Course(
        "PUSH",
        ("ANDROID", "IOS", "WEB"),
        (
            _step("targeted", 1),
            _step("attempted", 0.96),
            _step("failed", 0.03, reason="frequency_cap"),
            _step("sent", 0.93),
            _step("impression", 0.62),
            _step("clicked", 0.05),
        ),
    ),
    Course(
        "EMAIL",
        ("EMAIL",),
        (
            _step("targeted", 1),
            _step("removed", 0.04, reason="no_address"),
            _step("attempted", 0.96),
            _step("failed", 0.01, reason="duplicate"),
            _step("sent", 0.95),
            _step("delivered", 0.93),
            _step("bounced", 0.02, bounce_type="hard"),
            _step("opened", 0.35),
            _step("clicked", 0.06),
        ),
    ),
    Course(
        "SMS",
        ("SMS",),
        (
            _step("targeted", 1),
            _step("attempted", 0.99),
            _step("sent", 0.97),
            _step("delivered", 0.92),
            _step("undelivered", 0.05, reason="absent_subscriber"),
            _step("clicked", 0.06),
        ),
    ),
    Course(
        "IN_APP",
        ("ANDROID", "IOS", "WEB"),
        (_step("impression", 1), _step("clicked", 0.12), _step("closed", 0.55)),
    ),
)


def course_of(campaign: int) -> Course:
    """Return how the campaign's messages go; channels take turns."""
    return COURSES[campaign % len(COURSES)]


def campaign_id(campaign: int) -> str:
    """Return the id of a campaign of any workspace."""
    return f"campaign-{campaign:04d}"


def campaign_body(campaign: int) -> dict[str, object]:
    """Build what `PUT /v1/campaigns/{id}` takes."""
    course = course_of(campaign)
    return {
        "name": f"Campaign {campaign}",
        "channel": course.channel,
        "platforms": list(course.platforms),
        "locales": list(LOCALES),
        "variations": list(VARIATIONS),
    }
