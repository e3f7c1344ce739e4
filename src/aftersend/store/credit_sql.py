"""The SQL that credits goal events to touches; docs/conversions.md has its rules in words.

Goal events are joined to the touches of their users. Both carry a bucket of their user and of time, as wide as the
longest window, and a touch stands in its own bucket and the next: only pairs that can be within a window are ever
formed, however often one user occurs. A bucket is a hash, which joins fastest; who is in it is compared after that.
Of the pairs of an event (of each claim, or over all claims) the greatest touch is the crediting one.
Amounts are read from the attributes last, for credited events only.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from aftersend.domain.attribution import DEPTHS, Depth
from aftersend.domain.filters import NUMBER_PLACES
from aftersend.domain.kinds import ControlGroup, Kind
from aftersend.domain.periods import DAY_MILLISECONDS, LAST_DAY
from aftersend.store.conversion_query import Claimant, ConversionQuery, Definition
from aftersend.store.families import Groups
from aftersend.store.filter_sql import Scope, Words, condition_sql, number, raw
from aftersend.store.portions import WHOLE, Portion
from aftersend.store.seniority import senior
from aftersend.store.touch_text import names_of_touch, number_of_touch, text_of_touch

GROUPS = ("", *(group.value for group in ControlGroup))
"""Whose node a credit belongs to: the campaign's own, or that of a control group. Numbered from 0."""

HELD_OUT_GROUP = f"if(kind = '{Kind.HELD_OUT}', if(detail = '{GROUPS[1]}', 1, 2), 0)"
"""SQL for the number of the group that a message event held its user out for, or 0."""


_won = partial(number_of_touch, "winner")


class CreditSql:
    """Writes one statement, and numbers what it speaks of: claimants by their ids, goals, definitions.

    All numbers count from 1, as the engine's arrays do. `words` has the parameters once the text is written.
    """

    def __init__(self, query: ConversionQuery, portion: Portion = WHOLE) -> None:
        self._query = query
        self.words = Words()
        self._claimants = sorted(query.claimants, key=lambda claimant: claimant.campaign_id.encode())
        self._groups = Groups({claimant.campaign_id: claimant.members for claimant in self._claimants})
        self._goals = [(claimant, place) for claimant in self._claimants for place in range(len(claimant.goals))]
        self._definitions = list(dict.fromkeys(claimant.goals[place].definition for claimant, place in self._goals))
        self._names = sorted({definition.event for definition in self._definitions})
        self._rows = query.rows.came + portion.condition
        if query.rows.users is not None:
            self._rows += f" AND user_id IN {self.words.texts(query.rows.users)}"

    def names(self, position: int, group: int, goal: int) -> tuple[str, str, int]:
        """Return the campaign, the group and the place of the goal that a row's numbers mean."""
        return self._claimants[position - 1].campaign_id, GROUPS[group], self._goals[goal - 1][1]

    def credits(self) -> str:
        """Write the statement: a row for each goal that is credited with an event, and the node where it counts."""
        asked = [position for position, claimant in enumerate(self._claimants, 1) if self._is_asked(claimant)]
        conditions = [f"position IN {self._list('UInt32', asked)}"]
        if self._query.clicks_only:
            conditions.append(f"({_won('held_out')} > 0 OR {_won('depth')} = {int(Depth.CLICK)})")
        scope = Scope(self.words)
        amount, currency = self.worth(scope)
        names = names_of_touch("winner")
        return f"""
        {scope.clause()}
        SELECT user_id, position, {_won("held_out")} AS held_out, goal, day,
            {names}[1] AS platform, {names}[2] AS locale, {names}[3] AS variation,
            {amount} AS amount, {currency} AS currency
        FROM ({self._credited()})
        ARRAY JOIN {self.claimed_goals("position", "matched")} AS goal
        WHERE {" AND ".join(conditions)}"""

    def _credited(self) -> str:
        """Each event with its greatest touch, once for each claimant that it is credited to."""
        if not self._query.one_winner:
            return self._winners("position, held_out", also=", position")
        if not self._shared:
            return f"SELECT *, {_won('position')} AS position FROM ({self._winners('held_out > 0')})"
        # The touch won for a child and its parents alike: for those whose own window is open.
        is_open = self._is_open("one", f"moment - {_won('touched')}", _won("held_out"))
        claimants = f"arrayFilter(one -> {is_open}, {self._claimants_of(_won('family'))})"
        winners = self._winners("held_out > 0", also=", any(happened) AS moment")
        return f"SELECT *, arrayJoin({claimants}) AS position FROM ({winners})"

    def _winners(self, claim: str, also: str = "") -> str:
        """Each event with its greatest touch of each claim.

        Touches are compared by depth, time, campaign, group and node in this order; the campaign is the one whose
        message it was.
        """
        columns, competes = {"position": "position"}, self._competes("position")
        if self._shared:
            columns = {"position": "rank", "family": "family"}
        touch = text_of_touch(depth="depth", touched="touched", held_out="held_out", **columns)
        if self._shared and self._query.one_winner:
            competes = f"arrayExists(one -> {self._competes('one')}, {self._claimants_of('family')})"
        return f"""
            SELECT any(events.user_id) AS user_id, any(definitions) AS matched, any(attributes) AS attributes,
                any(day) AS day, max({touch}) AS winner{also}
            FROM ({self.goal_events()}) AS events
            JOIN ({self._touches()}) AS touches ON events.bucket = touches.bucket
            WHERE events.user_id = touches.user_id AND {competes}
            GROUP BY event_id, {claim}"""

    def _competes(self, position: str) -> str:
        """SQL for whether an event is a goal event of a claimant, and its window open."""
        is_open = self._is_open(position, "happened - touched", "held_out")
        if len(self._definitions) == 1:
            return is_open
        definitions = [[self._number(goal.definition) for goal in claimant.goals] for claimant in self._claimants]
        return f"hasAny(definitions, {self._lists('UInt16', definitions)}[{position}]) AND {is_open}"

    def _is_open(self, position: str, later: str, held_out: str) -> str:
        """SQL for whether the window of a claimant is open, so much later than the touch."""
        windows = self._list("Int64", [claimant.window for claimant in self._claimants])
        of_groups = self._list("Int64", [claimant.held_out_window for claimant in self._claimants])
        window = f"if({held_out} > 0, {of_groups}[{position}], {windows}[{position}])"
        return f"{later} BETWEEN 0 AND {window}"

    def goal_events(self) -> str:
        """Write the statement of the goal events, each with the definitions that it meets."""
        scope = Scope(self.words)
        matching = [
            (self._number(definition), self._matches(definition, scope, single=len(self._names) == 1))
            for definition in self._definitions
        ]
        if len(matching) == 1:
            definitions, condition = "[toUInt16(1)]", matching[0][1]
        else:
            found = ", ".join(f"if({matches}, [toUInt16({number})], [])" for number, matches in matching)
            wanted = {
                self._number(goal.definition) for one in self._claimants if self._is_asked(one) for goal in one.goals
            }
            definitions = f"arrayConcat({found})"
            condition = f"hasAny(definitions, {self._list('UInt16', sorted(wanted))})"
        needed = "attributes" if self._pays() else "''"
        restricted = f" AND user_id IN ({self._asked_users()})" if self._competitors() else ""
        return f"""
                SELECT user_id, event_id, day, happened, bucket, definitions, {needed} AS attributes
                FROM (
                    {scope.clause()}
                    SELECT user_id, event_id, day, attributes, toUnixTimestamp64Milli(time) AS happened,
                        cityHash64(user_id, intDiv(happened, {self._width()})) AS bucket, {definitions} AS definitions
                    FROM user_events
                    WHERE {self._event_scope()} AND {condition}{restricted}{self._rows}
                )"""

    def _event_scope(self) -> str:
        first, last = self._query.days
        return (
            f"workspace_id = {self._workspace()} AND name IN {self.words.texts(self._names)} "
            f"AND day BETWEEN {self._day(first)} AND {self._day(last)}"
        )

    def users_since(self, until: int, now: int) -> str:
        """Write the statement of the users of whom anything came after one commit and until another."""
        came = f"seniority < {senior(until)} AND seniority >= {senior(now)}"
        return f"""
            SELECT user_id FROM message_events WHERE {self._touch_scope(self._claimants)} AND {came}
            UNION DISTINCT
            SELECT user_id FROM user_events WHERE {self._event_scope()} AND {came}"""

    def _matches(self, definition: Definition, scope: Scope, *, single: bool) -> str:
        conditions = [] if single else [f"name = {self.words.text(definition.event)}"]
        conditions += [condition_sql(one, self._query.zone, scope) for one in definition.conditions]
        return " AND ".join(conditions) or "1"

    def _touches(self) -> str:
        depths = self._list("UInt8", DEPTHS.values())
        restricted = f" AND user_id IN ({self._asked_users()})" if self._competitors() else ""
        return f"""
                SELECT user_id, platform, locale, variation, toUnixTimestamp64Milli(time) AS touched,
                    transform(kind, {self.words.texts(DEPTHS)}, {depths}, toUInt8(0)) AS depth,
                    {HELD_OUT_GROUP} AS held_out, {self._of_whom()},
                    cityHash64(user_id, intDiv(touched, {self._width()}) + arrayJoin([0, 1])) AS bucket
                FROM message_events
                WHERE {self._touch_scope(self._claimants)}{restricted}{self._rows}"""

    def _of_whom(self) -> str:
        """SQL for the claimant of a touch; where families share touches, for its campaign and family beside it."""
        members = list(self._groups.owners)
        positions = self._list("UInt32", range(1, len(members) + 1))
        rank = f"transform(campaign_id, {self.words.texts(members)}, {positions}, toUInt32(0))"
        if not self._shared:
            return f"{rank} AS position"
        groups = self._list("UInt32", self._groups.numbers)
        columns = f"{rank} AS rank, transform(rank, {positions}, {groups}, toUInt32(0)) AS family"
        if self._query.one_winner:
            return columns
        # A parent's views can be other events than a child's: receipts may have come for one and not for the other.
        kinds = self._lists("String", [[kind.value for kind in claimant.kinds] for claimant in self._claimants])
        claimants = (
            f"arrayFilter(one -> held_out > 0 OR has({kinds}[one], toString(kind)), {self._claimants_of('family')})"
        )
        return f"{columns}, arrayJoin({claimants}) AS position"

    def _asked_users(self) -> str:
        """The users that the asked campaigns touched: whoever competes for somebody else is not looked at."""
        scope = self._touch_scope(filter(self._is_asked, self._claimants))
        return f"SELECT user_id FROM message_events WHERE {scope}{self._rows}"

    def _touch_scope(self, claimants: Any) -> str:
        claimants = list(claimants)
        first, last = self._query.days
        # Days are local and windows are hours, so a day more is looked at; and one after, for clocks that go back.
        first = max(first - self._longest_window() // DAY_MILLISECONDS - 2, 0)
        by_kinds: dict[tuple[Kind, ...], dict[str, None]] = {}
        for claimant in claimants:
            of_kinds = by_kinds.setdefault((*claimant.kinds, Kind.HELD_OUT), {})
            of_kinds |= dict.fromkeys(claimant.members)
        touches = " OR ".join(
            f"(kind IN ({', '.join(map(repr, map(str, kinds)))}) AND campaign_id IN {self.words.texts(ids)})"
            for kinds, ids in by_kinds.items()
        )
        ids = self.words.texts(dict.fromkeys(member for claimant in claimants for member in claimant.members))
        return (
            f"workspace_id = {self._workspace()} AND campaign_id IN {ids} "
            f"AND day BETWEEN {self._day(first)} AND {self._day(min(last + 1, LAST_DAY))} AND ({touches})"
        )

    def claimed_goals(self, position: str, definitions: str) -> str:
        """Write SQL for the goals of a claimant of which an event that meets the definitions is a goal event."""
        numbers = iter(range(1, len(self._goals) + 1))
        goals = [[next(numbers) for _ in claimant.goals] for claimant in self._claimants]
        of_claimant = f"{self._lists('UInt32', goals)}[{position}]"
        if len(self._definitions) == 1:
            return of_claimant
        numbers_of = self._list("UInt16", [self._number(one.goals[place].definition) for one, place in self._goals])
        return f"arrayFilter(one -> has({definitions}, {numbers_of}[one]), {of_claimant})"

    def worth(self, scope: Scope) -> tuple[str, str]:
        """Write SQL for the amount of a credited event, NULL where there is none, and for the currency it is in.

        Both are about `attributes` and the number `goal`.
        """
        nothing = f"CAST(NULL, 'Nullable(Decimal128({NUMBER_PLACES}))')"
        goals_of_money: dict[tuple[str, str | None], list[int]] = {}
        for place, (claimant, goal) in enumerate(self._goals, 1):
            money = claimant.goals[goal].money
            if money is not None and self._is_asked(claimant):
                goals_of_money.setdefault((money.attribute, money.currency), []).append(place)
        amounts, currencies = [], []
        for (attribute, currency), goals in goals_of_money.items():
            amount = number(raw(attribute, scope), scope)
            parent, dot, _ = attribute.rpartition(".")
            named = f"upper(JSONExtractString({raw(f'{parent}{dot}currency', scope)}))"
            mine = f"goal IN {self._list('UInt32', goals)}"
            if currency is not None:
                amounts.append(f"{mine}, if({named} IN ('', {self.words.text(currency)}), {amount}, NULL)")
            else:
                amounts.append(f"{mine}, {amount}")
                currencies.append(f"{mine}, if({amount} IS NULL, '', {named})")
        return (
            f"multiIf({', '.join(amounts)}, {nothing})" if amounts else nothing,
            f"multiIf({', '.join(currencies)}, '')" if currencies else "''",
        )

    def _pays(self) -> bool:
        return any(
            claimant.goals[place].money is not None for claimant, place in self._goals if self._is_asked(claimant)
        )

    @property
    def _shared(self) -> bool:
        """Whether a touch can stand for several claimants, or for one that it does not name."""
        return not self._groups.plain

    def _claimants_of(self, family: str) -> str:
        """SQL for the claimants for which the touches of a family stand."""
        numbers = {claimant.campaign_id: number for number, claimant in enumerate(self._claimants, 1)}
        return f"{self._lists('UInt32', [[numbers[one] for one in group] for group in self._groups.groups])}[{family}]"

    def _competitors(self) -> bool:
        return not all(map(self._is_asked, self._claimants))

    def _is_asked(self, claimant: Claimant) -> bool:
        return claimant.campaign_id in self._query.asked

    def _number(self, definition: Definition) -> int:
        return self._definitions.index(definition) + 1

    def _longest_window(self) -> int:
        return max(max(claimant.window, claimant.held_out_window) for claimant in self._claimants)

    def _width(self) -> str:
        return self.words.number(self._longest_window())

    def _workspace(self) -> str:
        return self.words.text(self._query.workspace_id)

    def _day(self, day: int) -> str:
        return f"toDate({self.words.number(day)})"

    def _list(self, kind: str, values: Any) -> str:
        return self.words.place(f"Array({kind})", list(values))

    def _lists(self, kind: str, values: Sequence[Sequence[object]]) -> str:
        return self.words.place(f"Array(Array({kind}))", list(values))
