"""The delivery funnel of every channel: its stages in order, each with its formula.

A stage that a reason can cut is what is left of the targeted users after all losses up to there, so
each such stage is the one before it minus its own reasons. For push the unit changes from users to
devices at `user_devices`; from there on a stage can be larger than the one before.
"""

from dataclasses import dataclass

from aftersend.domain.channels import Channel as C
from aftersend.domain.formulas import Number, Remaining, Tally, count
from aftersend.domain.kinds import Kind
from aftersend.domain.reasons import Loss, reasons_of


@dataclass(frozen=True, slots=True)
class Stage:
    """One row: the key in the answer, what it counts, the losses it takes off, and in which unit."""

    key: str
    formula: Number
    losses: frozenset[str]
    unit: str = "users"


_TARGETED = Tally((Kind.TARGETED,))
_LOSING_KINDS = (Kind.REMOVED, Kind.FAILED)


def _stages(channel: C, first: str, *cuts: tuple[str, Loss], then: tuple[Stage, ...]) -> tuple[Stage, ...]:
    stages = [Stage(first, count(Kind.TARGETED), frozenset())]
    lost: frozenset[str] = frozenset()
    for key, loss in cuts:
        own = reasons_of(channel, loss)
        lost |= own
        stages.append(Stage(key, Remaining(_TARGETED, Tally(_LOSING_KINDS, lost)), own))
    return (*stages, *then)


def _counted(key: str, kind: Kind, unit: str = "users") -> Stage:
    return Stage(key, count(kind), frozenset(), unit)


_SENT, _DELIVERED = _counted("sent", Kind.SENT), _counted("delivered", Kind.DELIVERED)
_SHOWN_ONLY = (_counted("impressions", Kind.IMPRESSION, "impressions"),)


def _text_funnel(channel: C) -> tuple[Stage, ...]:
    return _stages(
        channel,
        "reachable_users_in_segment",
        ("after_fc", Loss.FREQUENCY_CAP),
        ("users_after_dup", Loss.DUPLICATE),
        then=(_SENT, _DELIVERED),
    )


FUNNELS: dict[C, tuple[Stage, ...]] = {
    C.PUSH: _stages(
        C.PUSH,
        "reachable_users_in_segment",
        ("segment_after_uninstall", Loss.UNINSTALLED),
        ("after_fc", Loss.FREQUENCY_CAP),
        ("users_after_dup", Loss.DUPLICATE),
        then=(
            _counted("user_devices", Kind.ADDRESSED, "devices"),
            _counted("active_device_token", Kind.ATTEMPTED, "devices"),
            _counted("sent", Kind.SENT, "devices"),
            _counted("impressions", Kind.IMPRESSION, "devices"),
        ),
    ),
    C.EMAIL: _stages(
        C.EMAIL,
        "total_user_in_segment",
        ("user_with_email", Loss.NO_ADDRESS),
        ("user_with_email_after__h_b", Loss.BLOCKLISTED),
        ("after_invalid_removal", Loss.INVALID_ADDRESS),
        ("user_after_duplicate_removal", Loss.DUPLICATE),
        ("after_fc", Loss.FREQUENCY_CAP),
        ("after_personalization_removal", Loss.PERSONALIZATION),
        then=(_SENT, _DELIVERED),
    ),
    C.SMS: _text_funnel(C.SMS),
    C.WHATSAPP: _text_funnel(C.WHATSAPP),
    C.RCS: _text_funnel(C.RCS),
    C.CONNECTOR: _stages(
        C.CONNECTOR,
        "total_user_in_segment",
        ("after_fc", Loss.FREQUENCY_CAP),
        ("after_personalization_removal", Loss.PERSONALIZATION),
        then=(_SENT,),
    ),
    C.IN_APP: _SHOWN_ONLY,
    C.ON_SITE: _SHOWN_ONLY,
    C.CARDS: _SHOWN_ONLY,
    C.WEB_PERSONALIZATION: _SHOWN_ONLY,
    C.FACEBOOK_AUDIENCE: (),
    C.GOOGLE_ADS_AUDIENCE: (),
}

CONTROL_GROUP_FUNNEL = (Stage("reachable_users_in_segment", count(Kind.TARGETED), frozenset()),)
"""The only stage of a control-group node. Held-out users are not targets, so it is 0 there."""
