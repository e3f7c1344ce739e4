"""The delivery funnel of every channel: its keys in order, and what each stage takes off the one before."""

from itertools import pairwise

import pytest

from aftersend.domain.channels import Channel
from aftersend.domain.formulas import Mode, Remaining, needs, value
from aftersend.domain.funnel import CONTROL_GROUP_FUNNEL, FUNNELS, Stage
from aftersend.domain.kinds import KINDS, Kind
from aftersend.domain.reasons import REASONS, Loss
from fakes import EventCell, FakeCell, Happening, of

KEYS = {
    Channel.PUSH: [
        "reachable_users_in_segment",
        "segment_after_uninstall",
        "after_fc",
        "users_after_dup",
        "user_devices",
        "active_device_token",
        "sent",
        "impressions",
    ],
    Channel.EMAIL: [
        "total_user_in_segment",
        "user_with_email",
        "user_with_email_after__h_b",
        "after_invalid_removal",
        "user_after_duplicate_removal",
        "after_fc",
        "after_personalization_removal",
        "sent",
        "delivered",
    ],
    Channel.SMS: ["reachable_users_in_segment", "after_fc", "users_after_dup", "sent", "delivered"],
    Channel.WHATSAPP: ["reachable_users_in_segment", "after_fc", "users_after_dup", "sent", "delivered"],
    Channel.RCS: ["reachable_users_in_segment", "after_fc", "users_after_dup", "sent", "delivered"],
    Channel.CONNECTOR: ["total_user_in_segment", "after_fc", "after_personalization_removal", "sent"],
    Channel.IN_APP: ["impressions"],
    Channel.ON_SITE: ["impressions"],
    Channel.CARDS: ["impressions"],
    Channel.WEB_PERSONALIZATION: ["impressions"],
    Channel.FACEBOOK_AUDIENCE: [],
    Channel.GOOGLE_ADS_AUDIENCE: [],
}

COUNTED = {
    "user_devices": Kind.ADDRESSED,
    "active_device_token": Kind.ATTEMPTED,
    "sent": Kind.SENT,
    "delivered": Kind.DELIVERED,
    "impressions": Kind.IMPRESSION,
}
"""The stages that count a kind of event, each with its kind."""

WITH_CUTS = [channel for channel in Channel if any(stage.losses for stage in FUNNELS[channel])]


def _through_removals(channel: Channel) -> list[Stage]:
    """The first stage and those that take reasons off."""
    return [stage for stage in FUNNELS[channel] if stage.key not in COUNTED]


@pytest.mark.parametrize("channel", Channel)
def test_the_keys_of_a_channel_in_order(channel: Channel) -> None:
    """A channel prints the stages of its guide, in the guide's order."""
    assert [stage.key for stage in FUNNELS[channel]] == KEYS[channel]


@pytest.mark.parametrize("channel", Channel)
def test_what_a_stage_counts_can_happen_on_its_channel(channel: Channel) -> None:
    """Every kind in a formula of the funnel can occur on the channel."""
    for stage in FUNNELS[channel]:
        for need in needs(stage.formula, Mode.TOTAL):
            assert not isinstance(need, Remaining)
            assert all(channel in KINDS[kind].channels for kind in need[0].kinds)


@pytest.mark.parametrize("channel", Channel)
def test_later_stages_count_their_kind(channel: Channel) -> None:
    """From the devices or the send on, a stage is the number of events of one kind."""
    for stage in FUNNELS[channel]:
        if stage.key in COUNTED:
            assert value(stage.formula, Mode.TOTAL, FakeCell({of(COUNTED[stage.key]): (9, 4)})) == 9
            assert value(stage.formula, Mode.UNIQUE, FakeCell({of(COUNTED[stage.key]): (9, 4)})) == 4


@pytest.mark.parametrize("channel", WITH_CUTS)
def test_each_stage_takes_off_its_own_reasons_and_those_before(channel: Channel) -> None:
    """A stage is what is left of the targeted users after all losses up to there, removed or failed."""
    lost: frozenset[str] = frozenset()
    for stage in _through_removals(channel)[1:]:
        lost |= stage.losses
        losses = of(Kind.REMOVED, Kind.FAILED, details=lost)
        assert stage.losses
        assert stage.formula == Remaining(of(Kind.TARGETED), losses)


@pytest.mark.parametrize("channel", WITH_CUTS)
def test_no_reason_is_taken_off_twice(channel: Channel) -> None:
    """The stages of a channel have no reason in common."""
    reasons = [reason for stage in FUNNELS[channel] for reason in stage.losses]

    assert len(reasons) == len(set(reasons))


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("channel", WITH_CUTS)
def test_a_stage_is_the_one_before_minus_its_own(channel: Channel, mode: Mode) -> None:
    """With every reason striking one user, each stage is smaller by the number of its own reasons."""
    stages = _through_removals(channel)
    reasons = sorted(reason for stage in stages for reason in stage.losses)
    users = ["stays", *reasons]
    cell = EventCell(
        [
            *(Happening(Kind.TARGETED, user) for user in users),
            *(Happening(Kind.REMOVED, reason, reason) for reason in reasons),
        ]
    )

    numbers = [value(stage.formula, mode, cell) for stage in stages]

    assert numbers[0] == len(users)
    for (_, stage), (before, after) in zip(pairwise(stages), pairwise(numbers), strict=True):
        assert after == before - len(stage.losses)
    assert numbers[-1] == 1


@pytest.mark.parametrize("channel", WITH_CUTS)
def test_a_user_is_there_while_one_send_is_left(channel: Channel) -> None:
    """A user who was targeted twice and removed once is still one user, and one send."""
    last = _through_removals(channel)[-1]
    reason = min(last.losses)
    cell = EventCell(
        [Happening(Kind.TARGETED, "ann"), Happening(Kind.TARGETED, "ann"), Happening(Kind.REMOVED, "ann", reason)]
    )

    assert value(last.formula, Mode.TOTAL, cell) == 1
    assert value(last.formula, Mode.UNIQUE, cell) == 1


@pytest.mark.parametrize("channel", WITH_CUTS)
def test_a_failure_with_a_stage_counts_like_a_removal(channel: Channel) -> None:
    """A sender may report a loss as removed or as failed; the stage takes both off."""
    last = _through_removals(channel)[-1]
    cell = EventCell([Happening(Kind.TARGETED, "ann"), Happening(Kind.FAILED, "ann", min(last.losses))])

    assert value(last.formula, Mode.TOTAL, cell) == 0


@pytest.mark.parametrize("channel", WITH_CUTS)
def test_reasons_without_a_stage_take_nothing_off(channel: Channel) -> None:
    """A reason that no stage is about leaves every stage as it is."""
    events = [Happening(Kind.TARGETED, "ann"), Happening(Kind.REMOVED, "ann", "do_not_disturb")]

    assert {value(stage.formula, Mode.UNIQUE, EventCell(events)) for stage in _through_removals(channel)} == {1}


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.CONNECTOR])
def test_personalization_has_all_its_reasons(channel: Channel) -> None:
    """The stage after personalization takes off the failure and its five parts."""
    (stage,) = [stage for stage in FUNNELS[channel] if stage.key == "after_personalization_removal"]

    assert stage.losses == {reason.name for reason in REASONS if reason.loss is Loss.PERSONALIZATION}
    assert len(stage.losses) == 6


def test_push_counts_devices_from_the_devices_on() -> None:
    """The unit changes once, from users to devices, and only for push."""
    assert [stage.unit for stage in FUNNELS[Channel.PUSH]] == ["users"] * 4 + ["devices"] * 4
    assert {stage.unit for channel in WITH_CUTS if channel is not Channel.PUSH for stage in FUNNELS[channel]} == {
        "users"
    }


def test_the_funnel_of_a_control_group() -> None:
    """A control-group node has one stage, the targeted users."""
    (stage,) = CONTROL_GROUP_FUNNEL

    assert stage.key == "reachable_users_in_segment"
    assert value(stage.formula, Mode.TOTAL, FakeCell({of(Kind.TARGETED): (3, 2)})) == 3
