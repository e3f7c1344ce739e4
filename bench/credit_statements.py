"""The best SQL that we could write by hand for view-through credits of ten push campaigns with one goal.

Each form is one statement on the ledger's tables and returns, for every node (campaign, platform, locale or all,
variation or all), the credited events, the distinct users and the revenue. An empty name stands for all. They know what
the server must find out: one goal without filters, one window, one currency, no control groups.
"""

from statements import Scope

_WINDOW = 36 * 3_600_000


def _touches(scope: Scope) -> str:
    asked = ", ".join(f"'{one}'" for one in scope.campaign_ids)
    return f"""
    SELECT user_id, campaign_id, platform, locale, variation, toUnixTimestamp64Milli(time) AS touched
    FROM message_events
    WHERE workspace_id = '{scope.workspace_id}' AND campaign_id IN ({asked}) AND kind = 'impression'
        AND day BETWEEN toDate('{scope.first}') - 2 AND '{scope.last}'"""


def _events(scope: Scope) -> str:
    return f"""
    SELECT user_id, event_id, toUnixTimestamp64Milli(time) AS happened, attributes
    FROM user_events
    WHERE workspace_id = '{scope.workspace_id}' AND name = 'purchase'
        AND day BETWEEN '{scope.first}' AND '{scope.last}'"""


_CREDITED = """
    SELECT campaign_id, any(e.user_id) AS user_id, any(attributes) AS attributes,
        max((touched, platform, locale, variation)) AS winner"""
_AMOUNT = "toDecimal128OrZero(JSONExtractRaw(attributes, 'amount'), 9)"
_WITHIN = f"happened - touched BETWEEN 0 AND {_WINDOW}"


def _counted(credited: str) -> str:
    """Fold credits to one row for each combination, and copy those to the levels of the tree."""
    return f"""
SELECT campaign_id, platform, place.1, place.2, sum(events), uniqExactMerge(users), sum(revenue)
FROM (
    SELECT campaign_id, winner.2 AS platform, winner.3 AS locale, winner.4 AS variation, count() AS events,
        uniqExactState(user_id) AS users, sum({_AMOUNT}) AS revenue
    FROM ({credited})
    GROUP BY campaign_id, platform, locale, variation
)
ARRAY JOIN [('', ''), (locale, ''), ('', variation), (locale, variation)] AS place
GROUP BY campaign_id, platform, place"""


def credit_statements(scope: Scope) -> dict[str, str]:
    """Return the forms for the credits of some campaigns."""
    events, touches = _events(scope), _touches(scope)
    asked = ", ".join(f"'{one}'" for one in scope.campaign_ids)
    all_pairs = f"""{_CREDITED}
    FROM ({events}) AS e JOIN ({touches}) AS t ON e.user_id = t.user_id
    WHERE {_WITHIN} GROUP BY event_id, campaign_id"""
    buckets = f"""{_CREDITED}
    FROM (SELECT *, intDiv(happened, {_WINDOW}) AS bucket FROM ({events})) AS e
    JOIN (SELECT *, intDiv(touched, {_WINDOW}) + arrayJoin([0, 1]) AS bucket FROM ({touches})) AS t
    ON e.user_id = t.user_id AND e.bucket = t.bucket
    WHERE {_WITHIN} GROUP BY event_id, campaign_id"""
    nearest = f"""
    SELECT campaign_id, e.user_id AS user_id, attributes, (touched, platform, locale, variation) AS winner
    FROM (SELECT *, campaign_id FROM ({events}) ARRAY JOIN [{asked}] AS campaign_id) AS e
    ASOF JOIN ({touches}) AS t
    ON e.user_id = t.user_id AND e.campaign_id = t.campaign_id AND e.happened >= t.touched
    WHERE {_WITHIN}"""
    return {
        "all pairs of a user": _counted(all_pairs),
        "pairs by buckets of time": _counted(buckets),
        "nearest touch of each campaign": _counted(nearest),
    }
