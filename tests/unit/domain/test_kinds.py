"""The table of message-event kinds: where each can occur and what it must carry."""

import pytest

from aftersend.domain.channels import Channel as C
from aftersend.domain.kinds import DETAIL_VALUES, KINDS, Detail, Kind

TEXT = {C.SMS, C.RCS, C.WHATSAPP}
AUDIENCES = {C.FACEBOOK_AUDIENCE, C.GOOGLE_ADS_AUDIENCE}
MESSAGES = set(C) - AUDIENCES

CHANNELS: dict[Kind, set[C]] = {
    Kind.TARGETED: set(C),
    Kind.REMOVED: set(C),
    Kind.HELD_OUT: set(C),
    Kind.ELIGIBLE: AUDIENCES,
    Kind.ADDRESSED: {C.PUSH},
    Kind.ATTEMPTED: set(C),
    Kind.FAILED: set(C),
    Kind.SENT: set(C),
    Kind.DELIVERED: MESSAGES,
    Kind.UNDELIVERED: TEXT | {C.EMAIL, C.PUSH},
    Kind.BOUNCED: {C.EMAIL},
    Kind.IMPRESSION: {C.PUSH, C.IN_APP, C.ON_SITE, C.CARDS, C.WEB_PERSONALIZATION},
    Kind.CLICKED: MESSAGES,
    Kind.CLOSED: {C.IN_APP, C.ON_SITE, C.WEB_PERSONALIZATION},
    Kind.OPENED: {C.EMAIL},
    Kind.READ: {C.WHATSAPP, C.RCS},
    Kind.UNSUBSCRIBED: TEXT | {C.EMAIL},
    Kind.COMPLAINED: {C.EMAIL},
    Kind.SYNCED: AUDIENCES,
    Kind.DEVICE_STARTED: {C.PUSH},
}

DETAILS = {
    Kind.REMOVED: Detail.REASON,
    Kind.FAILED: Detail.REASON,
    Kind.UNDELIVERED: Detail.REASON,
    Kind.HELD_OUT: Detail.GROUP,
    Kind.BOUNCED: Detail.BOUNCE_TYPE,
}


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_row(kind: Kind) -> None:
    """A row is found under its own kind, and says what the kind means."""
    assert KINDS[kind].kind is kind
    assert KINDS[kind].meaning


@pytest.mark.parametrize("kind", Kind)
def test_where_a_kind_can_occur(kind: Kind) -> None:
    """A kind occurs on the channels that can tell of it, and on no other."""
    assert KINDS[kind].channels == CHANNELS[kind]


@pytest.mark.parametrize("kind", Kind)
def test_what_a_kind_must_carry(kind: Kind) -> None:
    """Losses carry a reason, a hold-out its group, a bounce its type, and everything else nothing."""
    assert KINDS[kind].detail is DETAILS.get(kind)


def test_the_values_of_details() -> None:
    """Groups and bounce types are closed lists; reasons are open."""
    assert DETAIL_VALUES == {
        Detail.REASON: None,
        Detail.GROUP: ("campaign", "global"),
        Detail.BOUNCE_TYPE: ("hard", "soft"),
    }
