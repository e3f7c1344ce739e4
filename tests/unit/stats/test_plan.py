"""Which counts an answer needs, for which channels, and for which campaigns users as well."""

import pytest

from aftersend.domain.campaigns import Campaign
from aftersend.domain.channels import Channel
from aftersend.domain.formulas import Mode, Remaining, Tally, needs
from aftersend.domain.funnel import FUNNELS
from aftersend.domain.kinds import Kind
from aftersend.domain.metrics import BREAKDOWN, metrics_of
from aftersend.domain.profiles import PROFILES, ProfileName
from aftersend.stats.plan import ANYTHING, SERVED, plan
from aftersend.store.count_query import CountQuery
from fakes import of
from objects import a_campaign, a_request

GROUPS = {of(Kind.HELD_OUT, details=frozenset({group})) for group in ("campaign", "global")}
"""The held-out users of both control groups: every campaign can have them."""


def _plan(*campaigns: Campaign, mode: Mode = Mode.TOTAL, profile: ProfileName = ProfileName.DOCUMENTED) -> CountQuery:
    return plan("w1", campaigns, a_request(mode), PROFILES[profile])


def test_a_plan_says_whose_campaigns_and_which_days() -> None:
    """The question names its workspace, its campaigns in order, and its days as numbers."""
    query = _plan(a_campaign("b"), a_campaign("a", Channel.SMS))

    assert (query.workspace_id, query.campaign_ids, query.days) == ("w1", ("b", "a"), (20_454, 20_484))


def test_a_plan_for_no_campaigns() -> None:
    """A page without campaigns needs no counts but those that say what there is."""
    query = _plan()

    assert (query.campaign_ids, query.tallies, query.users, query.remaining) == ((), (ANYTHING, SERVED), {}, ())


def test_what_tells_which_nodes_there_are() -> None:
    """Every event makes a platform's node; only what happened to somebody served makes a locale's or a variation's."""
    assert set(ANYTHING.kinds) == set(Kind)
    assert set(SERVED.kinds) == set(Kind) - {Kind.HELD_OUT}


def test_the_counts_of_a_small_channel() -> None:
    """A channel that only shows needs its three metrics, and users only where a metric pins them."""
    query = _plan(a_campaign(channel=Channel.IN_APP))

    assert set(query.tallies) == {ANYTHING, SERVED, of(Kind.IMPRESSION), of(Kind.CLICKED), of(Kind.CLOSED), *GROUPS}
    assert query.users == {}
    assert (query.remaining, query.users_by_detail) == ((), False)


def test_the_same_channel_in_unique() -> None:
    """In UNIQUE the users of every count that is printed are needed."""
    query = _plan(a_campaign(channel=Channel.IN_APP), mode=Mode.UNIQUE)

    assert query.users == dict.fromkeys(
        [of(Kind.IMPRESSION), of(Kind.CLICKED), of(Kind.CLOSED), *sorted(GROUPS, key=str)], ("c1",)
    )
    assert query.users_by_detail


def test_users_that_a_metric_pins_are_needed_in_total_too() -> None:
    """An e-mail's open rate counts openers whatever is asked for, so they are counted in both modes."""
    query = _plan(a_campaign())

    assert query.users == {of(Kind.OPENED): ("c1",), of(Kind.CLICKED): ("c1",)}


def test_users_are_counted_for_the_campaigns_that_need_them() -> None:
    """Users cost more than events, so only the campaigns of channels that pin them are named for them."""
    query = _plan(
        a_campaign("mail-1"), a_campaign("sms", Channel.SMS), a_campaign("wa", Channel.WHATSAPP), a_campaign("mail-2")
    )

    assert query.users == {
        of(Kind.OPENED): ("mail-1", "mail-2"),
        of(Kind.CLICKED): ("mail-1", "mail-2", "wa"),
        of(Kind.READ): ("wa",),
        of(Kind.DELIVERED): ("wa",),
    }


def test_what_remains_is_two_counts_or_one_of_its_own() -> None:
    """The stages of a funnel are differences in TOTAL; in UNIQUE each is counted beside the users who started."""
    stages = tuple(stage.formula for stage in FUNNELS[Channel.SMS] if isinstance(stage.formula, Remaining))

    in_total, in_unique = (_plan(a_campaign(channel=Channel.SMS), mode=mode) for mode in Mode)

    assert in_total.remaining == ()
    assert {stage.losses for stage in stages} <= set(in_total.tallies)
    assert in_unique.remaining == stages
    assert in_unique.users[of(Kind.TARGETED)] == ("c1",)


def test_a_count_is_asked_for_once() -> None:
    """What several formulas or channels share is counted once."""
    query = _plan(*(a_campaign(channel.value, channel) for channel in Channel), mode=Mode.UNIQUE)

    assert len(query.tallies) == len(set(query.tallies))
    assert len(query.remaining) == len(set(query.remaining))
    assert all(len(ids) == len(set(ids)) for ids in query.users.values())


def test_the_node_over_all_platforms() -> None:
    """The level above the platforms is counted exactly for the profile that prints it."""
    assert not _plan(a_campaign()).over_platforms
    assert _plan(a_campaign(), profile=ProfileName.LIVE).over_platforms


def test_a_profile_asks_for_what_it_prints() -> None:
    """What only the live profile prints is only counted for it."""
    people = of(Kind.OPENED, human=True)

    assert people not in _plan(a_campaign()).tallies
    assert people in _plan(a_campaign(), profile=ProfileName.LIVE).tallies


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("profile", ProfileName)
@pytest.mark.parametrize("channel", Channel)
def test_everything_that_a_channel_prints_is_planned(channel: Channel, profile: ProfileName, mode: Mode) -> None:
    """Every count of every metric and stage of the channel is in the question, users included."""
    query = _plan(a_campaign(channel=channel), mode=mode, profile=profile)
    formulas = [metric.formula for metric in metrics_of(channel) if PROFILES[profile].metric_key(metric)]

    for formula in [*formulas, *(stage.formula for stage in FUNNELS[channel])]:
        for need in needs(formula, mode):
            if isinstance(need, Remaining):
                assert need in query.remaining
            else:
                assert need[0] in query.tallies
                assert need[1] is Mode.TOTAL or query.users[need[0]] == ("c1",)
    assert query.by_detail == BREAKDOWN


def test_the_breakdown_is_counted_by_reason() -> None:
    """Failures before and after the send are counted for each reason, users only in UNIQUE."""
    assert [_plan(a_campaign(), mode=mode).users_by_detail for mode in Mode] == [False, True]
    assert _plan(a_campaign()).by_detail == Tally((Kind.FAILED, Kind.UNDELIVERED))
