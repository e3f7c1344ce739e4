"""The identities of one campaign's totals, checked on its counts by day, platform, kind and detail. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from aftersend.domain.audit import IDENTITIES, Evidence, IdentityName, Severity, Violation, violated
from aftersend.domain.channels import CHANNELS, Channel
from aftersend.domain.formulas import Mode, Remaining, Tally, value
from aftersend.domain.funnel import FUNNELS
from aftersend.domain.kinds import Kind
from aftersend.domain.metrics import metrics_of
from aftersend.domain.reasons import REASONS, Phase

AFTER_SEND = tuple(reason.name for reason in REASONS if reason.phase is Phase.AFTER_SENT)


@dataclass(frozen=True, slots=True)
class Span:
    """The days that are asked about, ends included, and from which day on outcomes may be on their way."""

    first: int
    last: int
    open_from: int

    def asked(self, days: Iterable[int]) -> list[int]:
        """Return those of the days that are asked about, in order."""
        return sorted(day for day in days if self.first <= day <= self.last)


@dataclass(slots=True)
class Counts:
    """Events by kind and detail: of one day on one platform, or of several."""

    events: Counter[tuple[str, str]] = field(default_factory=Counter)

    def of(self, *kinds: Kind, details: Iterable[str] | None = None) -> int:
        """Return how many events there are of the kinds."""
        wanted = None if details is None else frozenset(details)
        found = (number for (kind, detail), number in self.events.items() if kind in kinds and _is_in(detail, wanted))
        return sum(found)

    def count(self, tally: Tally, mode: Mode) -> int:
        """Return a base count, for formulas; users are not counted here."""
        if mode is not Mode.TOTAL:
            raise NotImplementedError
        return self.of(*tally.kinds, details=tally.details)

    def remaining_users(self, remaining: Remaining) -> int:
        """Refuse: users are not counted here."""
        raise NotImplementedError


def _is_in(detail: str, wanted: frozenset[str] | None) -> bool:
    return wanted is None or detail in wanted


@dataclass(slots=True)
class CampaignCounts:
    """All that happened to one campaign's messages, on all days, by day and platform."""

    campaign_id: str
    channel: Channel
    places: defaultdict[tuple[int, str], Counts] = field(default_factory=lambda: defaultdict(Counts))

    def add(self, day: int, platform: str, kind: str, detail: str, events: int) -> None:
        """Add events."""
        self.places[day, platform].events[kind, detail] += events

    def sizes(self, span: Span) -> dict[str, int]:
        """Return how many events of each kind the asked days have."""
        sizes: Counter[str] = Counter()
        for (day, _), counts in self.places.items():
            if span.first <= day <= span.last:
                for (kind, _), events in counts.events.items():
                    sizes[kind] += events
        return sizes

    def whole(self) -> Counts:
        """Return the counts of all days and platforms."""
        return _sum(self.places.values())

    def platforms(self) -> Iterator["PlatformCounts"]:
        """Yield the counts of each platform; a channel with one platform has no name for it."""
        several = len(CHANNELS[self.channel].platforms) > 1
        for platform in sorted({platform for _, platform in self.places}):
            days = {day: counts for (day, other), counts in self.places.items() if other == platform}
            yield PlatformCounts(self.campaign_id, self.channel, platform if several else None, days)


def _sum(counts: Iterable[Counts]) -> Counts:
    total: Counter[tuple[str, str]] = Counter()
    for one in counts:
        total.update(one.events)
    return Counts(total)


@dataclass(frozen=True, slots=True)
class PlatformCounts:
    """What happened on one platform of a campaign, by day."""

    campaign_id: str
    channel: Channel
    platform: str | None
    days: Mapping[int, Counts]

    def violation(
        self,
        name: IdentityName,
        day: int | None,
        numbers: tuple[int, int],
        what: str,
        evidence: Evidence | None = None,
        severity: Severity | None = None,
    ) -> Violation:
        """Build a violation; `numbers` are what is expected and what is found."""
        severity = severity or IDENTITIES[name].severity
        sentence = what if severity is Severity.INFO else violated(name, what)
        return Violation(name, severity, self.campaign_id, day, self.platform, *numbers, sentence, evidence)


def check_counts(campaign: CampaignCounts, span: Span) -> Iterator[Violation]:
    """Yield where the totals of a campaign contradict one another."""
    whole = campaign.whole()
    accepted = Kind.SENT if whole.of(Kind.SENT) or not whole.of(Kind.SYNCED) else Kind.SYNCED
    silent = whole.of(accepted) > 0 and whole.of(Kind.ATTEMPTED) == 0
    if silent:
        yield from _attempts_are_reported(campaign, accepted, span)
    for platform in campaign.platforms():
        if not silent:
            yield from _attempted_has_outcome(platform, accepted, span)
        yield from _failed_has_reasons(platform, span)
        yield from _stages(platform, span)


def _attempts_are_reported(campaign: CampaignCounts, accepted: Kind, span: Span) -> Iterator[Violation]:
    asked = _sum(counts for (day, _), counts in campaign.places.items() if span.first <= day <= span.last)
    sent = asked.of(accepted)
    if not sent:
        return
    name = IdentityName.ATTEMPTS_ARE_REPORTED
    printed = any(metric.name == "attempted" for metric in metrics_of(campaign.channel))
    what = f"{sent} {accepted}, and this campaign has never had an attempted: its sender does not report attempts"
    severity = IDENTITIES[name].severity if printed else Severity.INFO
    yield Violation(
        name, severity, campaign.campaign_id, None, None, sent, 0, violated(name, what), Evidence((accepted,))
    )


def _attempted_has_outcome(found: PlatformCounts, accepted: Kind, span: Span) -> Iterator[Violation]:
    name = IdentityName.ATTEMPTED_HAS_OUTCOME
    outcomes = (accepted, Kind.FAILED)
    numbers = {day: (counts.of(Kind.ATTEMPTED), counts.of(*outcomes)) for day, counts in found.days.items()}
    gaps = {day: attempted - ended for day, (attempted, ended) in numbers.items()}
    gap = sum(gaps.values())
    underway = 0 < gap <= sum(max(missing, 0) for day, missing in gaps.items() if day >= span.open_from)
    blamed = False
    for day in span.asked(day for day, missing in gaps.items() if missing):
        same_way = gaps[day] * gap > 0
        blamed |= same_way
        evidence = _unmatched(gaps[day], outcomes, within_day=not same_way)
        if not same_way:
            what = f"{_gap(gaps[day])}; other days make up for it, as when a send goes on past midnight"
            yield found.violation(name, day, numbers[day], what, severity=Severity.INFO, evidence=evidence)
        elif underway or (gap > 0 and day >= span.open_from):
            what = f"{_gap(gaps[day])} so far; they may be on their way"
            yield found.violation(name, day, numbers[day], what, severity=Severity.INFO, evidence=evidence)
        else:
            yield found.violation(name, day, numbers[day], _gap(gaps[day]), evidence=evidence)
    if blamed:
        totals = sum(one for one, _ in numbers.values()), sum(other for _, other in numbers.values())
        what = f"{_gap(gap)}, over all days" + (" so far; they may be on their way" if underway else "")
        severity = Severity.INFO if underway else Severity.ERROR
        yield found.violation(name, None, totals, what, severity=severity, evidence=_unmatched(gap, outcomes))


def _gap(gap: int) -> str:
    return f"{gap} attempted without an outcome" if gap > 0 else f"{-gap} more outcomes than attempted"


def _unmatched(gap: int, outcomes: tuple[Kind, ...], *, within_day: bool = False) -> Evidence:
    attempted = (Kind.ATTEMPTED,)
    kinds, others = (attempted, outcomes) if gap > 0 else (outcomes, attempted)
    return Evidence(kinds, more_than=others, by_device=True, within_day=within_day)


def _failed_has_reasons(found: PlatformCounts, span: Span) -> Iterator[Violation]:
    for day in span.asked(found.days):
        counts = found.days[day]
        failed = counts.of(Kind.FAILED)
        without, after = (counts.of(Kind.FAILED, details=details) for details in (("",), AFTER_SEND))
        if without:
            name = IdentityName.FAILED_HAS_REASON
            what = f"{without} failed without a reason"
            evidence = Evidence((Kind.FAILED,), details=("",))
            yield found.violation(name, day, (failed, failed - without), what, evidence=evidence)
        if after:
            name = IdentityName.FAILED_BEFORE_SEND
            words = sorted(word for kind, word in counts.events if kind == Kind.FAILED and word in AFTER_SEND)
            what = f"{after} failed for what strikes after the send ({', '.join(words)})"
            evidence = Evidence((Kind.FAILED,), details=tuple(words))
            yield found.violation(name, day, (failed, failed - after), what, evidence=evidence)


def _stages(found: PlatformCounts, span: Span) -> Iterator[Violation]:
    whole = _sum(found.days.values())
    whole_below = _first_below(found.channel, whole)
    blamed = False
    for day in span.asked(found.days):
        yield from _stages_are_rests(found, day)
        below = _first_below(found.channel, found.days[day])
        if below is None:
            continue
        blamed |= whole_below is not None
        what = f"{below.key} is {below.left}: more users were lost than targeted"
        if whole_below is None:
            what += " on this day; other days make up for it"
        severity = Severity.ERROR if whole_below else Severity.INFO
        evidence = below.evidence(within_day=whole_below is None)
        numbers = (0, below.left)
        yield found.violation(IdentityName.STAGE_NOT_NEGATIVE, day, numbers, what, severity=severity, evidence=evidence)
    if blamed and whole_below is not None:
        what = f"{whole_below.key} is {whole_below.left} over all days: more users were lost than targeted"
        numbers = (0, whole_below.left)
        evidence = whole_below.evidence(within_day=False)
        yield found.violation(IdentityName.STAGE_NOT_NEGATIVE, None, numbers, what, evidence=evidence)


@dataclass(frozen=True, slots=True)
class _Below:
    """A stage that is below zero."""

    key: str
    left: int
    stage: Remaining

    def evidence(self, *, within_day: bool) -> Evidence:
        losses = self.stage.losses
        return Evidence(
            losses.kinds, tuple(sorted(losses.details or ())), self.stage.start.kinds, within_day=within_day
        )


def _first_below(channel: Channel, counts: Counts) -> _Below | None:
    for stage in FUNNELS[channel]:
        if isinstance(stage.formula, Remaining) and (left := int(value(stage.formula, Mode.TOTAL, counts))) < 0:
            return _Below(stage.key, left, stage.formula)
    return None


def _stages_are_rests(found: PlatformCounts, day: int) -> Iterator[Violation]:
    counts = found.days[day]
    before = 0
    for stage in FUNNELS[found.channel]:
        now = int(value(stage.formula, Mode.TOTAL, counts))
        if isinstance(stage.formula, Remaining):
            expected = before - counts.of(*stage.formula.losses.kinds, details=stage.losses)
            if now != expected:
                what = f"{stage.key} is not the stage before it minus its own reasons"
                yield found.violation(IdentityName.STAGE_IS_REST, day, (expected, now), what)
        before = now
