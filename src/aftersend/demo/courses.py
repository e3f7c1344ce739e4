"""How a message of each channel usually goes: rows of reasons with their shares, and of reactions.

The rates are those of an ordinary shop; they are data to look at, not a model of anybody's customers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from aftersend.demo.span import HOUR, MINUTE
from aftersend.domain.channels import Channel as C
from aftersend.domain.kinds import BounceType, Kind

Shares = tuple[tuple[str, float], ...]
"""Reasons, each with the share of messages that it strikes."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """One thing that can happen to a message once it has been sent.

    It comes `delay` milliseconds on average after the first event of the kind it `follows`, unless one of
    the kinds in `unless` has happened, and repeats with the chance `again`. The chance of a `personal`
    reaction grows with the user's engagement.
    """

    kind: str
    follows: str
    chance: float
    delay: float
    personal: bool = False
    again: float = 0.0
    unless: frozenset[str] = frozenset()
    details: Mapping[str, str | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Course:
    """A channel's row: what precedes the attempt, what goes wrong before and at it, and what comes after."""

    openings: tuple[str, ...] = (Kind.TARGETED.value,)
    removals: Shares = ()
    failures: Shares = ()
    reactions: tuple[Reaction, ...] = ()

    def lifted(self, lifts: Mapping[str, float]) -> "Course":
        """Return the course with the chances of what people do multiplied, by kind."""
        reactions = (
            replace(row, chance=row.chance * lifts.get(row.kind, 1.0)) if row.personal else row
            for row in self.reactions
        )
        return replace(self, reactions=tuple(reactions))


def _transport(
    kind: Kind, chance: float, minutes: float, *unless: Kind, follows: Kind = Kind.SENT, **details: str | bool
) -> Reaction:
    """Build a reaction that does not depend on who the user is."""
    return Reaction(kind.value, follows.value, chance, minutes * MINUTE, unless=frozenset(unless), details=details)


def _human(
    kind: Kind, follows: Kind, chance: float, minutes: float, *unless: Kind, again: float = 0.0, link: str = ""
) -> Reaction:
    """Build a reaction of a person, likelier for the keen."""
    details = {"link": link} if link else {}
    return Reaction(kind.value, follows.value, chance, minutes * MINUTE, True, again, frozenset(unless), details)


def _shown(chance: float, minutes: float, follows: Kind = Kind.SENT, again: float = 0.0) -> Reaction:
    """Build an impression, which may repeat."""
    return Reaction(Kind.IMPRESSION.value, follows.value, chance, minutes * MINUTE, again=again)


_HOURS = HOUR / MINUTE
_SHOP, _ACCOUNT = "https://shop.example/new", "https://shop.example/account"

_PUSH = Course(
    removals=(
        ("uninstalled", 0.05),
        ("frequency_cap", 0.03),
        ("duplicate_token", 0.006),
        ("no_active_token", 0.01),
        ("no_device", 0.006),
        ("do_not_disturb", 0.004),
    ),
    failures=(
        ("not_registered", 0.022),
        ("device_message_rate_exceeded", 0.004),
        ("mismatch_sender_id", 0.003),
        ("personalization_failed", 0.004),
        ("sender_temporarily_unavailable", 0.002),
    ),
    reactions=(
        _shown(0.86, 9),
        _human(Kind.CLICKED, Kind.IMPRESSION, 0.06, 45, again=0.12),
        _transport(Kind.DEVICE_STARTED, 0.9, 0.05, follows=Kind.CLICKED),
    ),
)

_IOS_PUSH = replace(
    _PUSH,
    failures=(
        ("unregistered", 0.016),
        ("bad_device_token", 0.005),
        ("invalid_payload_size", 0.002),
        ("personalization_failed", 0.004),
        ("service_unavailable", 0.002),
    ),
)

_EMAIL = Course(
    removals=(
        ("no_email_address", 0.02),
        ("blocklisted", 0.014),
        ("invalid_email", 0.004),
        ("duplicate_email", 0.006),
        ("frequency_cap", 0.025),
        ("personalization_failed", 0.002),
        ("suppressed", 0.002),
    ),
    failures=(
        ("personalization_failed_user_attribute", 0.004),
        ("personalization_failed_event_attribute", 0.002),
        ("s_m_t_p_recipient_refused", 0.003),
        ("content_a_p_i_errors", 0.001),
        ("do_not_disturb", 0.003),
    ),
    reactions=(
        _transport(Kind.BOUNCED, 0.008, 2, bounce_type=BounceType.HARD.value),
        _transport(Kind.BOUNCED, 0.014, 90, Kind.BOUNCED, bounce_type=BounceType.SOFT.value),
        _transport(Kind.UNDELIVERED, 0.002, 3, Kind.BOUNCED, reason="email_unsubscribe_drop"),
        _transport(Kind.DELIVERED, 0.997, 2, Kind.BOUNCED, Kind.UNDELIVERED),
        _human(Kind.OPENED, Kind.DELIVERED, 0.26, 7 * _HOURS, again=0.22),
        _human(Kind.CLICKED, Kind.OPENED, 0.13, 3, again=0.2, link=_SHOP),
        _human(Kind.CLICKED, Kind.OPENED, 0.02, 8, link=_ACCOUNT),
        _transport(Kind.UNSUBSCRIBED, 0.008, 4, follows=Kind.OPENED),
        _transport(Kind.COMPLAINED, 0.0025, 6, follows=Kind.OPENED),
        # After the rows that follow an open, so that a machine's open leads to nothing.
        _transport(Kind.OPENED, 0.105, 0.5, follows=Kind.DELIVERED, machine=True),
    ),
)

_TEXT_REMOVALS = (
    ("invalid_mobile_number", 0.02),
    ("frequency_cap", 0.03),
    ("duplicate_mobile_number", 0.008),
    ("campaign_frequency_limit", 0.004),
)

_SMS = Course(
    removals=_TEXT_REMOVALS,
    failures=(("personalization_failed", 0.006), ("do_not_disturb", 0.008), ("suppressed", 0.003)),
    reactions=(
        _transport(Kind.UNDELIVERED, 0.02, 30, reason="in_transit"),
        _transport(Kind.UNDELIVERED, 0.012, 5, Kind.UNDELIVERED, reason="invalid_mobile_number"),
        _transport(Kind.DELIVERED, 0.985, 3, Kind.UNDELIVERED),
        _human(Kind.CLICKED, Kind.DELIVERED, 0.07, 100, again=0.15, link=_SHOP),
        _transport(Kind.UNSUBSCRIBED, 0.006, 60, follows=Kind.DELIVERED),
    ),
)

_RCS = replace(
    _SMS,
    failures=(("personalization_failed", 0.008), ("minimum_delay", 0.006), ("suppressed", 0.003)),
    reactions=(
        _transport(Kind.UNDELIVERED, 0.03, 30, reason="in_transit"),
        _transport(Kind.DELIVERED, 0.985, 3, Kind.UNDELIVERED),
        _human(Kind.READ, Kind.DELIVERED, 0.55, 2.5 * _HOURS),
        _human(Kind.CLICKED, Kind.READ, 0.14, 4, again=0.2, link=_SHOP),
        _transport(Kind.UNSUBSCRIBED, 0.006, 30, follows=Kind.READ),
    ),
)

_WHATSAPP = Course(
    removals=_TEXT_REMOVALS,
    failures=(
        ("not_opted_in", 0.014),
        ("template_mismatch", 0.004),
        ("unknown_subscriber", 0.01),
        ("personalization_failed", 0.004),
        ("generic_provider_error", 0.003),
    ),
    reactions=(
        _transport(Kind.UNDELIVERED, 0.012, 1, reason="user_part_of_experiment"),
        _transport(Kind.UNDELIVERED, 0.01, 1, Kind.UNDELIVERED, reason="in_transit"),
        _transport(Kind.DELIVERED, 0.985, 4, Kind.UNDELIVERED),
        _human(Kind.READ, Kind.DELIVERED, 0.6, 2 * _HOURS),
        _human(Kind.CLICKED, Kind.READ, 0.16, 4, again=0.2, link=_SHOP),
        _human(Kind.CLICKED, Kind.READ, 0.05, 9, link=_ACCOUNT),
        _transport(Kind.UNSUBSCRIBED, 0.006, 30, follows=Kind.READ),
    ),
)

_IN_APP = Course(
    removals=(
        ("higher_priority_campaign_available", 0.06),
        ("maximum_times_shown", 0.03),
        ("screen_mismatch", 0.02),
        ("in_app_blocked", 0.006),
    ),
    failures=(("another_campaign_visible", 0.015), ("image_failure", 0.008), ("file_download_failure", 0.005)),
    reactions=(
        _shown(0.97, 0.05, again=0.2),
        _human(Kind.CLICKED, Kind.IMPRESSION, 0.12, 0.2, again=0.1),
        _human(Kind.CLOSED, Kind.IMPRESSION, 0.5, 0.15, Kind.CLICKED),
    ),
)

_ON_SITE = replace(
    _IN_APP,
    removals=(
        ("higher_priority_campaign_available", 0.05),
        ("minimum_delay", 0.03),
        ("campaign_expired", 0.008),
    ),
    failures=(("website_closed", 0.02), ("url_changed", 0.01), ("missing_parameters", 0.004)),
)

_CARDS = Course(
    removals=(("campaign_minimum_delay", 0.02), ("suppressed", 0.006)),
    failures=(("personalization_failed", 0.008), ("content_not_reproducible", 0.005)),
    reactions=(
        _transport(Kind.DELIVERED, 0.72, 14 * _HOURS),
        _shown(0.8, 2, follows=Kind.DELIVERED, again=0.3),
        _human(Kind.CLICKED, Kind.IMPRESSION, 0.1, 1, again=0.15),
    ),
)

_WEB_PERSONALIZATION = Course(
    removals=(("campaign_frequency_limit", 0.02), ("suppressed", 0.005)),
    failures=(("content_not_reproducible", 0.012), ("personalization_failed", 0.008)),
    reactions=(
        _shown(0.98, 0.02, again=0.4),
        _human(Kind.CLICKED, Kind.IMPRESSION, 0.09, 0.6, again=0.15),
        _human(Kind.CLOSED, Kind.IMPRESSION, 0.05, 0.3, Kind.CLICKED),
    ),
)

_CONNECTOR = Course(
    removals=(("frequency_cap", 0.02), ("personalization_failed", 0.008), ("suppressed", 0.004)),
    failures=(
        ("http_500", 0.03),
        ("http_503", 0.008),
        ("http_404", 0.005),
        ("personalization_failed_user_attribute", 0.006),
    ),
)

_AUDIENCE = Course(
    openings=(Kind.TARGETED.value, Kind.ELIGIBLE.value),
    removals=(("suppressed", 0.05), ("campaign_minimum_delay", 0.01)),
    failures=(("data_error", 0.02), ("api_error", 0.01), ("service_error", 0.006), ("access_error", 0.004)),
    reactions=(_transport(Kind.SYNCED, 1.0, 14 * _HOURS),),
)

COURSES: dict[C, Course] = {
    C.PUSH: _PUSH,
    C.EMAIL: _EMAIL,
    C.SMS: _SMS,
    C.WHATSAPP: _WHATSAPP,
    C.RCS: _RCS,
    C.IN_APP: _IN_APP,
    C.ON_SITE: _ON_SITE,
    C.CARDS: _CARDS,
    C.WEB_PERSONALIZATION: _WEB_PERSONALIZATION,
    C.CONNECTOR: _CONNECTOR,
    C.FACEBOOK_AUDIENCE: _AUDIENCE,
    C.GOOGLE_ADS_AUDIENCE: _AUDIENCE,
}


def course_of(channel: C, platform: str | None) -> Course:
    """Return the channel's row; push to iOS fails for reasons of its own."""
    return _IOS_PUSH if channel is C.PUSH and platform == "IOS" else COURSES[channel]
