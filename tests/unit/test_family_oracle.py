"""The oracle on parents and children, worked out by hand."""

from typing import Any

from oracle import answer
from unit.conversion_cases import BUY, CLICKS, HOUR, NOON, TOTAL, TYPES, VIEW, Json, buy, campaign, goal, touch

PARENT = campaign(id="p")
RUN_1, RUN_2 = campaign(id="r1", parent_campaign_id="p"), campaign(id="r2", parent_campaign_id="p")
BELOW = campaign(id="below", parent_campaign_id="r2")
ALL = [PARENT, RUN_1, RUN_2, BELOW]


def _counted(campaigns: list[Json], events: list[Json], metric_type: str) -> dict[str, int]:
    request: Json = {"request_id": "a", "start_date": "2026-01-01", "end_date": "2026-01-31"}
    request |= {"attribution_type": VIEW, "metric_type": metric_type}
    data = answer({"id": "shop", "timezone": "UTC"}, campaigns, events, request, "documented")["data"]
    found = {}
    for campaign_id, (tree,) in data.items():
        node = tree["platforms"]["EMAIL"]["locales"]["all_locales"]["variations"]["all_variations"]
        found[campaign_id] = node["performance_stats"]["opened"]
    return found


def _of(campaign_id: str, kind: str = "opened", time: int = NOON, **fields: Any) -> Json:
    return touch(kind, time, campaign_id=campaign_id, **fields)


def test_a_parent_has_what_its_family_has() -> None:
    """Ann opens in three campaigns and Bob in one; the parent counts each event, and each user once."""
    events = [_of("p"), _of("r1"), _of("below"), _of("below", user="bob")]

    assert _counted(ALL, events, "TOTAL") == {"p": 4, "r1": 1, "r2": 2, "below": 2}
    assert _counted(ALL, events, "UNIQUE") == {"p": 2, "r1": 1, "r2": 2, "below": 2}


def test_a_link_that_is_missing() -> None:
    """Without the campaign between them, a grandchild does not count for the one above."""
    assert _counted([PARENT, BELOW], [_of("below")], "TOTAL") == {"p": 0, "below": 1}


def _totals(campaigns: list[Json], events: list[Json], name: str) -> dict[str, int]:
    asked = {"attribution_type": name}
    return {
        one["id"]: goal(campaigns, events, asked | {"campaign_ids": [one["id"]]})["total"]
        for one in campaigns
        if one.get("goals")
    }


def test_one_purchase_after_two_runs() -> None:
    """Both runs are credited where all are, the later one where one wins; the parent always once."""
    events = [
        *(_of("r1", kind, NOON) for kind in ("opened", "clicked")),
        *(_of("r2", kind, NOON + 60_000) for kind in ("opened", "clicked")),
        buy(NOON + 120_000),
    ]
    for name in TYPES:
        of_r1 = 0 if name in (TOTAL, CLICKS) else 1
        assert _totals(ALL[:3], events, name) == {"p": 1, "r1": of_r1, "r2": 1}, name


def test_a_purchase_stands_where_the_last_touch_of_the_family_was() -> None:
    """The parent is credited in the locale of the later run."""
    events = [_of("r1", locale="de"), _of("r2", time=NOON + 1, locale="fr"), buy(NOON + 2)]

    found = {
        locale: goal(ALL, events, {"attribution_type": VIEW, "campaign_ids": ["p"]}, locale=locale)["total"]
        for locale in ("de", "fr")
    }

    assert found == {"de": 0, "fr": 1}


def test_each_member_has_its_own_window() -> None:
    """The touch of a run wins; who is above it is credited if its own window is open, too."""
    long = campaign(id="r1", parent_campaign_id="p", attribution_window_hours=10)
    events = [_of("r1"), buy(NOON + 3 * HOUR)]

    for name in (VIEW, TOTAL):
        assert _totals([PARENT, long], events, name) == {"p": 0, "r1": 1}


def test_a_parent_wins_by_a_child_without_goals() -> None:
    """The child's touch is the last one, and it is the parent's; another campaign with the goal gets nothing."""
    silent = {"id": "r1", "channel": "EMAIL", "parent_campaign_id": "p"}
    other = campaign(id="other", goals=[BUY])
    events = [_of("other"), _of("r1", time=NOON + 1), buy(NOON + 2)]

    assert _totals([PARENT, silent, other], events, TOTAL) == {"p": 1, "other": 0}


def test_held_out_users_of_a_run() -> None:
    """A user whom a run held out stands in the parent's control group."""
    events = [_of("r1", "held_out", group="campaign"), buy(NOON + 1)]
    for name in (VIEW, TOTAL):
        for campaign_id in ("p", "r1"):
            asked = {"attribution_type": name, "campaign_ids": [campaign_id]}
            assert goal(ALL, events, asked, variation="campaign_control_group")["total"] == 1
