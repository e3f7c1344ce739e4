"""The identities of parts and wholes: what days, platforms, locales and variations have, and the campaign. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aftersend.domain.audit import IDENTITIES, Evidence, IdentityName, Severity, Violation, violated
from aftersend.domain.kinds import Kind

WHOLE = ""
DAY = "day"
PLATFORM = "platform"
DIMENSIONS = (PLATFORM, "locale", "variation", DAY)
"""By what a campaign is cut into parts, beside the whole."""

FAMILY = "campaign of the family"
"""By what a parent is cut into parts: itself and its children, and theirs."""

TRIED = (Kind.ATTEMPTED, Kind.SENT)
"""What must not happen to users who are held out."""


@dataclass(frozen=True, slots=True)
class Part:
    """The events and distinct users of one kind: of a campaign as a whole, or of one part of it."""

    campaign_id: str
    kind: str
    dimension: str
    name: str
    events: int
    users: int


@dataclass(frozen=True, slots=True)
class Portion:
    """What is compared in one go: some campaigns, all kinds if None, and by which dimensions they are cut."""

    campaign_ids: tuple[str, ...]
    kind: str | None = None
    dimensions: tuple[str, ...] = DIMENSIONS


@dataclass(frozen=True, slots=True)
class Reached:
    """How many users were held out and sent to all the same, by the day on which that was."""

    campaign_id: str
    day: int
    with_send_id: bool
    users: int


def portions(
    sizes: Mapping[str, Mapping[str, int]], most: int, dimensions: tuple[str, ...] = DIMENSIONS
) -> Iterator[Portion]:
    """Divide campaigns, by their events of each kind, into portions of about `most` events.

    Who counts the users of a portion has each of them in memory once for each dimension; a campaign that is larger
    than a portion is therefore taken kind by kind and dimension by dimension.
    """
    batch: list[str] = []
    events = 0
    for campaign_id, kinds in sizes.items():
        size = sum(kinds.values())
        if size > most:
            yield from (Portion((campaign_id,), kind, (cut,)) for kind in kinds for cut in dimensions)
            continue
        if batch and events + size > most:
            yield Portion(tuple(batch), None, dimensions)
            batch, events = [], 0
        batch.append(campaign_id)
        events += size
    if batch:
        yield Portion(tuple(batch), None, dimensions)


def check_parts(parts: Sequence[Part]) -> Iterator[Violation]:
    """Yield where the parts of one kind of one campaign contradict the whole; the whole is among them."""
    (whole,) = [part for part in parts if part.dimension == WHOLE]
    for part in parts:
        if part.users > part.events:
            what = f"{part.kind} has more distinct users than events{_where(part)}"
            yield _violation(IdentityName.UNIQUE_WITHIN_TOTAL, part, (part.events, part.users), what)
    for dimension in (*DIMENSIONS, FAMILY):
        cut = [part for part in parts if part.dimension == dimension]
        if not cut:
            continue  # it was not asked for
        events, users = sum(part.events for part in cut), sum(part.users for part in cut)
        largest = max(part.users for part in cut)
        if events != whole.events:
            what = f"{whole.kind} of every {dimension} together is not {whole.kind} of the campaign"
            yield _violation(IdentityName.PARTS_ADD_UP, whole, (whole.events, events), what)
        if not largest <= whole.users <= users:
            what = f"{whole.kind} has fewer users than one {dimension} has, or more than all of them"
            bound = largest if whole.users < largest else users
            yield _violation(IdentityName.UNION_WITHIN_PARTS, whole, (bound, whole.users), what)


def check_held_out(reached: Reached) -> Violation:
    """Return the violation of users who were held out and sent to all the same."""
    name = IdentityName.HELD_OUT_LEFT_ALONE
    what = f"{reached.users} users were both held out and sent to"
    what += " in the same send" if reached.with_send_id else "; their events do not say in which send"
    return Violation(
        name,
        IDENTITIES[name].severity if reached.with_send_id else Severity.WARNING,
        reached.campaign_id,
        reached.day,
        None,
        0,
        reached.users,
        violated(name, what),
        Evidence(TRIED, beside=(Kind.HELD_OUT,), with_send_id=reached.with_send_id),
    )


def _where(part: Part) -> str:
    return f" on {part.dimension} {part.name}" if part.dimension in ("locale", "variation") else ""


def _violation(name: IdentityName, part: Part, numbers: tuple[int, int], what: str) -> Violation:
    day = int(part.name) if part.dimension == DAY else None
    platform = part.name if part.dimension == PLATFORM else None
    severity = IDENTITIES[name].severity
    return Violation(name, severity, part.campaign_id, day, platform, *numbers, violated(name, what))
