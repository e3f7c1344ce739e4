"""The requests about campaigns: details, search and executions. Every field is checked, and every problem told."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from aftersend.domain.campaign_search import LARGEST_PAGE, MOST_VALUES, CampaignFilter, SearchRules
from aftersend.domain.periods import EPOCH, first_moment
from aftersend.stats.fields import Fields

ID_LIMIT, NAME_LIMIT, PERSON_LIMIT, TAG_LIMIT = 128, 500, 320, 200
"""Characters: nothing longer is registered."""

ARCHIVE_SWITCHES = ("include_archive_campaigns", "include_archived_campaigns")
"""The schema's spelling and that of a page of the documentation; either is taken."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which campaigns of a list are asked for, and the caller's own id for the question."""

    request_id: str
    number: int
    limit: int

    @property
    def offset(self) -> int:
        """Return how many campaigns come before the page."""
        return (self.number - 1) * self.limit


@dataclass(frozen=True, slots=True)
class CampaignQuestion:
    """A checked request for the campaigns that pass a filter."""

    page: Page
    filter: CampaignFilter


def parse_campaign_question(body: object, rules: SearchRules, zone: ZoneInfo) -> CampaignQuestion:
    """Check the decoded body of a request for details or a search; dates are days in the zone.

    Raises:
        InvalidFields: with every field that cannot be used.
    """
    fields = Fields(body)
    page = _page(fields)
    children = fields.flag("include_child_campaigns")
    switches = [fields.flag(name) for name in ARCHIVE_SWITCHES] if rules.archives else [True]
    wanted = _filter(fields, rules, zone, children=children, archived=any(switches))
    fields.done()
    return CampaignQuestion(page, wanted)


def parse_executions_question(body: object) -> Page:
    """Check the decoded body of a request for the executions of a parent.

    Raises:
        InvalidFields: with every field that cannot be used.
    """
    fields = Fields(body)
    page = _page(fields)
    fields.done()
    return page


def _page(fields: Fields) -> Page:
    request_id = fields.text("request_id", mandatory=True) or ""
    limit = fields.number("limit", 1, LARGEST_PAGE)
    return Page(request_id, fields.number("page", 1), limit)


def _filter(fields: Fields, rules: SearchRules, zone: ZoneInfo, *, children: bool, archived: bool) -> CampaignFilter:
    inner = fields.inner("campaign_fields")
    if inner is None:
        return CampaignFilter(children=children, archived=archived)
    types = {kind.value: kind for kind in rules.delivery_types}
    statuses = {status.value: status for status in rules.statuses}
    campaign_id = inner.text("id", ID_LIMIT)
    channels = inner.choices("channels", rules.channels, MOST_VALUES)
    created_by = inner.texts("created_by", PERSON_LIMIT, MOST_VALUES)
    created_from, created_before = _dates(inner, zone, both=rules.both_dates)
    found = CampaignFilter(
        id=campaign_id,
        channels=channels,
        created_by=created_by,
        created_from=created_from,
        created_before=created_before,
        delivery_types=inner.choices("delivery_type", types, MOST_VALUES),
        name=inner.text("name", NAME_LIMIT),
        statuses=inner.choices("status", statuses, MOST_VALUES, str.upper),
        tags=inner.texts("tags", TAG_LIMIT, MOST_VALUES),
        children=children,
        archived=archived,
    )
    inner.end()
    return found


def _dates(fields: Fields, zone: ZoneInfo, *, both: bool) -> tuple[datetime | None, datetime | None]:
    """Read the range of days as moments: from the first one on, and before the day after the last one."""
    inner = fields.inner("created_date")
    if inner is None:
        return None, None
    first, last = (_date(inner, field, mandatory=both) for field in ("from_date", "to_date"))
    if first and last and last < first:
        inner.refuse("to_date", "to_date is before from_date")
    inner.end()
    start = None if first is None else _start(first, zone)
    return start, None if last is None else _start(last + timedelta(days=1), zone)


def _date(fields: Fields, field: str, *, mandatory: bool) -> date | None:
    text = fields.text(field, 50, mandatory=mandatory)
    if text is None:
        return None
    if found := re.fullmatch(r"([0-9]{2})-([0-9]{2})-([0-9]{4})", text):
        text = "-".join(reversed(found.groups()))
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            found_date = date.fromisoformat(text)
        except ValueError:
            pass
        else:
            if _FIRST <= found_date <= _LAST:
                return found_date
    fields.refuse(field, f"{field} takes a date as YYYY-MM-DD or DD-MM-YYYY")
    return None


_FIRST, _LAST = date(1900, 1, 1), date(2999, 12, 31)
"""Far beyond what a campaign's time can be, and near enough to reckon with in any zone."""


def _start(day: date, zone: ZoneInfo) -> datetime:
    milliseconds = first_moment((day - EPOCH).days, zone)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
