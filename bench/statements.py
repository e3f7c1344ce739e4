"""The best SQL that we could write by hand for the numbers of a stats call, in several forms.

Each is one statement on the ledger's table and returns, for every node (campaign, platform, locale or all,
variation or all), kind and detail, the number of events and, where users are asked for, of distinct users.
An empty name stands for all. The forms differ in where the work is done; the measurement keeps the fastest.
Forms that first fold each user to one row were tried too, and took from three to five times as long.
"""

from dataclasses import dataclass

from plan import ASKED, FIRST_DATE, LAST_DATE, campaign_id

_LEVELS = ("", "locale", "variation", "locale, variation")
_PLACES = "[('', ''), (locale, ''), ('', variation), (locale, variation)]"
_COLUMNS = "campaign_id, platform, locale, variation, kind, detail"
_PLACED = "campaign_id, platform, place.1 AS locale_, place.2 AS variation_, kind, detail"

PLAIN = "every row once a level"
"""The form that is plainest to read; answers are checked against it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a statement is about: campaigns of a workspace, and days."""

    workspace_id: str
    campaign_ids: tuple[str, ...] = tuple(campaign_id(campaign) for campaign in range(ASKED))
    first: str = FIRST_DATE
    last: str = LAST_DATE

    def condition(self) -> str:
        """Write it as SQL."""
        asked = ", ".join(f"'{one}'" for one in self.campaign_ids)
        days = f"day BETWEEN '{self.first}' AND '{self.last}'"
        return f"workspace_id = '{self.workspace_id}' AND campaign_id IN ({asked}) AND {days}"


def _sets() -> str:
    keys = "campaign_id, platform, kind, detail"
    return "GROUPING SETS (" + ", ".join(f"({keys}, {level})" if level else f"({keys})" for level in _LEVELS) + ")"


_PINNED = "platform = 'EMAIL' AND kind IN ('opened', 'clicked')"
"""Whose distinct users a TOTAL answer has, too: the rates of an e-mail divide openers and clickers."""


def totals(scope: Scope) -> dict[str, str]:
    """Return the forms that count events, and the distinct users of what rates of e-mails are made of."""
    rows = f"FROM message_events WHERE {scope.condition()}"
    users = f"uniqExactIf(user_id, {_PINNED}) AS users"
    states = f"uniqExactStateIf(user_id, {_PINNED}) AS users"
    folded = f"SELECT {_COLUMNS}, count() AS events, {states} {rows} GROUP BY {_COLUMNS}"
    return {
        PLAIN: f"SELECT {_COLUMNS}, {users}, count() AS events {rows} GROUP BY {_sets()}",
        "folded, then levels": f"""
            SELECT {_COLUMNS}, uniqExactMerge(users), sum(events) FROM ({folded}) GROUP BY {_sets()}""",
        "folded, copied to levels": f"""
            SELECT {_PLACED}, uniqExactMerge(users), sum(events) FROM ({folded}) ARRAY JOIN {_PLACES} AS place
            GROUP BY campaign_id, platform, locale_, variation_, kind, detail""",
    }


def uniques(scope: Scope) -> dict[str, str]:
    """Return the forms that count events and distinct users."""
    rows = f"FROM message_events WHERE {scope.condition()}"
    folded = f"SELECT {_COLUMNS}, count() AS events, uniqExactState(user_id) AS users {rows} GROUP BY {_COLUMNS}"
    levels = f"SELECT {_COLUMNS}, sum(events), uniqExactMerge(users) FROM ({folded}) GROUP BY {_sets()}"
    return {
        PLAIN: f"SELECT {_COLUMNS}, count() AS events, uniqExact(user_id) AS users {rows} GROUP BY {_sets()}",
        "sets of users, then levels": levels,
        "sets of users, then levels, one thread": f"{levels} SETTINGS max_threads = 1",
        "sets of users, copied to levels": f"""
            SELECT {_PLACED}, sum(events), uniqExactMerge(users) FROM ({folded}) ARRAY JOIN {_PLACES} AS place
            GROUP BY campaign_id, platform, locale_, variation_, kind, detail""",
    }
