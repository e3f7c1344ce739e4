"""The catalogue of identities: what must be true of the numbers of a campaign, whatever happened.

The audit counts raw events anew and compares. A row says what must hold, how bad it is when it does not, and what to
do about it; the rules that compare are in `audit_counts` and `audit_parts`.
"""

from dataclasses import dataclass
from enum import StrEnum

from aftersend.domain.kinds import Kind

OPEN_DAYS = 3
"""The last days, today included, on which an outcome that is missing may still be on its way."""


class Severity(StrEnum):
    """How bad it is, the worst first."""

    ERROR = "error"  # figures of an answer contradict one another
    WARNING = "warning"  # they do not, but say less than they seem to
    INFO = "info"  # nothing is wrong; it may explain a figure


class IdentityName(StrEnum):
    """What each identity is called."""

    ATTEMPTED_HAS_OUTCOME = "attempted_has_outcome"
    ATTEMPTS_ARE_REPORTED = "attempts_are_reported"
    FAILED_HAS_REASON = "failed_has_reason"
    FAILED_BEFORE_SEND = "failed_before_send"
    STAGE_IS_REST = "stage_is_rest"
    STAGE_NOT_NEGATIVE = "stage_not_negative"
    UNIQUE_WITHIN_TOTAL = "unique_within_total"
    PARTS_ADD_UP = "parts_add_up"
    UNION_WITHIN_PARTS = "union_within_parts"
    HELD_OUT_LEFT_ALONE = "held_out_left_alone"
    ONE_BODY_AN_ID = "one_body_an_id"
    SEAL_AGREES = "seal_agrees"


@dataclass(frozen=True, slots=True)
class Identity:
    """One row. `otherwise` says when a violation is less than `severity`."""

    name: IdentityName
    holds: str
    severity: Severity
    otherwise: str
    advice: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Which events show a violation.

    They are of `kinds`, with one of `details` where that is given. With `more_than` they belong to a message that has
    more of them than of those kinds; with `beside` to one that has any of those. `by_device` tells messages to several
    devices of a user apart, `within_day` looks at the day of the violation alone. `with_send_id` asks for events that
    have a send id, or for those that have none.
    """

    kinds: tuple[Kind, ...]
    details: tuple[str, ...] | None = None
    more_than: tuple[Kind, ...] = ()
    beside: tuple[Kind, ...] = ()
    by_device: bool = False
    within_day: bool = False
    with_send_id: bool | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Who sent some events: through which door, by which key. Both are empty for events of before they were noted."""

    source: str
    key_id: str
    events: int


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Events that came under the ids of others and said something else: how many, on which day of a campaign.

    The campaign is empty for user events.
    """

    campaign_id: str
    day: int
    events: int


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where an identity does not hold: a day, or all days of the campaign; a platform, where it has many.

    What user events violate belongs to no campaign, whose id is empty then.
    """

    identity: IdentityName
    severity: Severity
    campaign_id: str
    day: int | None
    platform: str | None
    expected: int
    found: int
    message: str
    evidence: Evidence | None = None

    @property
    def order(self) -> tuple[int, str, int, int, str, str]:
        """Return where it stands among others: the worst first."""
        day = -1 if self.day is None else self.day
        places = _SEVERITIES.index(self.severity), self.campaign_id, _NAMES.index(self.identity)
        return *places, day, self.platform or "", self.message


_SEVERITIES, _NAMES = tuple(Severity), tuple(IdentityName)
_NEVER = ""

IDENTITIES: dict[IdentityName, Identity] = {
    row.name: row
    for row in (
        Identity(
            IdentityName.ATTEMPTED_HAS_OUTCOME,
            "attempted = sent + failed, by platform (on ad audiences where nothing is sent: synced + failed)",
            Severity.ERROR,
            f"info on a day that other days make up for, and where outcomes are missing on the last {OPEN_DAYS} days",
            "send what is missing; an outcome that was reported under two event ids counts twice",
        ),
        Identity(
            IdentityName.ATTEMPTS_ARE_REPORTED,
            "a campaign with sent has attempted",
            Severity.WARNING,
            "info on channels whose answers do not print attempted",
            "have the sender report attempted and failed too, or leave rates of attempted unread",
        ),
        Identity(
            IdentityName.FAILED_HAS_REASON,
            "failed = the sum of its reasons in failure_breakdown",
            Severity.ERROR,
            _NEVER,
            "no event without a reason is let in: look for a ledger that was changed or restored by hand",
        ),
        Identity(
            IdentityName.FAILED_BEFORE_SEND,
            "failed = the sum of its reasons that strike before the send",
            Severity.WARNING,
            _NEVER,
            "report what happens after the send as undelivered, not as failed",
        ),
        Identity(
            IdentityName.STAGE_IS_REST,
            "a stage of the delivery funnel = the stage before it minus its own reasons",
            Severity.ERROR,
            _NEVER,
            "this is a mistake of the server; please report it",
        ),
        Identity(
            IdentityName.STAGE_NOT_NEGATIVE,
            "no stage of the delivery funnel is below 0, by platform",
            Severity.ERROR,
            "info on a day that other days make up for",
            "send the targeted events of the users who were removed",
        ),
        Identity(
            IdentityName.UNIQUE_WITHIN_TOTAL,
            "distinct users <= events, of every kind, by day, platform, locale and variation",
            Severity.ERROR,
            _NEVER,
            "this is a mistake of the server; please report it",
        ),
        Identity(
            IdentityName.PARTS_ADD_UP,
            "the events of all days, platforms, locales or variations add up to the events of the campaign, and a "
            "parent's to its own and those of its children",
            Severity.ERROR,
            _NEVER,
            "this is a mistake of the server; please report it",
        ),
        Identity(
            IdentityName.UNION_WITHIN_PARTS,
            "the distinct users of a campaign are no fewer than those of any day, platform, locale, variation or "
            "child, and no more than all of those together",
            Severity.ERROR,
            _NEVER,
            "this is a mistake of the server; please report it",
        ),
        Identity(
            IdentityName.HELD_OUT_LEFT_ALONE,
            "no user is both held out and attempted or sent to in the same send, which is a campaign and a send_id",
            Severity.ERROR,
            "warning where the events have no send_id: they may have been different sends",
            "ask for assignments before the send and leave held-out users alone; give each send its send_id",
        ),
        Identity(
            IdentityName.ONE_BODY_AN_ID,
            "events that come under one id say the same",
            Severity.WARNING,
            _NEVER,
            "the first one counts; if it is wrong, retract it and send the right one under an id of its own",
        ),
        Identity(
            IdentityName.SEAL_AGREES,
            "what is kept ready of a campaign = what is counted from its events",
            Severity.ERROR,
            _NEVER,
            "the server has dropped what was kept and answers from the events; please report it",
        ),
    )
}


def check_conflicts(conflicts: Conflicts) -> Violation:
    """Return the violation of events that contradict the first of their id."""
    name = IdentityName.ONE_BODY_AN_ID
    stream = "message events" if conflicts.campaign_id else "user events"
    what = f"{conflicts.events} {stream} came with the id of another event and say something else"
    numbers = 0, conflicts.events
    campaign_id, day = conflicts.campaign_id, conflicts.day
    return Violation(name, IDENTITIES[name].severity, campaign_id, day, None, *numbers, violated(name, what))


def violated(name: IdentityName, what: str) -> str:
    """Return the sentence of a violation: what was found, and what to do."""
    return f"{what}: {IDENTITIES[name].advice}"
