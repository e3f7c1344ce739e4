"""Reading the event stream: its forms, its spellings, and what is said of events that cannot be used."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from aftersend.domain.campaigns import Campaign, DeliveryType
from aftersend.domain.channels import Channel
from aftersend.domain.kinds import ControlGroup, Kind
from aftersend.errors import TooLarge
from aftersend.intake.drafts import DraftFacts
from aftersend.intake.sources.moengage_streams import LONGEST_UUID, StreamOptions, Translation, Translator
from aftersend.intake.sources.stream_wire import read_stream
from aftersend.intake.wire import MessageEvent
from builders import NOON, Json
from stream_events import CAMPAIGN, file_line, stream_batch, stream_event

_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _body(*values: Any) -> bytes:
    return b"\n".join(json.dumps(value).encode() for value in values)


_PLAIN = StreamOptions()


def _translator(*events: Any, options: StreamOptions = _PLAIN) -> Translator:
    return Translator(read_stream(_body(stream_batch(*events))), options)


def _translate(*events: Any, campaign: Campaign | None = None, **options: Any) -> Translation:
    campaigns = {} if campaign is None else {campaign.id: campaign}
    return _translator(*events, options=StreamOptions(**options)).finish(campaigns)


def _one(**fields: Any) -> MessageEvent:
    code = fields.pop("code", "MOE_EMAIL_OPEN")
    found = _translate(stream_event(code, **fields))
    assert found.refused == {}
    return found.messages[0]


def _campaign(channel: Channel, **fields: Any) -> Campaign:
    return Campaign(CAMPAIGN, "Promo", channel, _NOW, _NOW, **fields)


_A, _B = stream_event(event_uuid="a"), stream_event(event_uuid="b")


@pytest.mark.parametrize(
    "body",
    [
        _body(stream_batch(_A, _B)),
        b"\xef\xbb\xbf \n" + _body(stream_batch(_A, _B)),
        json.dumps(stream_batch(_A, _B), indent=2).encode(),
        _body([_A, _B]),
        _body(_A, _B),
        _body(file_line(_A), file_line(_B)),
        _body(file_line(_A), {}, file_line(_B))[:-1] + b"}\r\n\r\n",
        _body([file_line(_A), file_line(_B)]),
        _body(stream_batch(_A), stream_batch(_B)),
        _body([stream_batch(file_line(_A)), [_B]]),
    ],
)
def test_every_form_holds_the_same_events(body: bytes) -> None:
    """A batch, a list, lines of any of them, and the wrapper of exported files."""
    found = Translator(read_stream(body), StreamOptions()).finish({})

    assert [event.event_id for event in found.messages] == ["a", "b"]


def test_an_event_by_itself() -> None:
    """One event is a batch of one, with and without the wrapper."""
    for body in (_body(_A), _body(file_line(_A))):
        assert len(Translator(read_stream(body), StreamOptions()).finish({}).messages) == 1


def test_an_event_may_have_attributes_called_events() -> None:
    """Only what has no code of its own is a batch."""
    event = stream_event(events=[1, 2], event="x")

    assert [found.event_id for found in _translate(event).messages] == [event["event_uuid"]]


@pytest.mark.parametrize("body", [b"", b"  ", b"[]", _body(stream_batch()), _body({"events": []})])
def test_empty_batches(body: bytes) -> None:
    """Nothing is nothing, and no problem."""
    assert read_stream(body).events == []


@pytest.mark.parametrize(
    "body",
    [b"garbage", b"{", b'{"events": [', b"\x1f\x8b\x08\x00", b"one\ntwo\nthree", b"\xff\xfe", b'{"events": 5}', b"7"],
)
def test_a_body_that_is_nothing(body: bytes) -> None:
    """What cannot be read at all is one problem, with the whole body as its text."""
    batch = read_stream(body)

    assert batch.events == [None]
    assert bytes(batch.raws[0]) == body
    found = Translator(batch, StreamOptions()).finish({})
    assert [(place, row.code.value) for place, row in found.refused.items()] == [(0, "malformed")]


def test_a_bad_line_among_good_ones() -> None:
    """Each line stands for itself."""
    found = Translator(read_stream(_body(_A) + b"\nnonsense\n" + _body(_B)), StreamOptions()).finish({})

    assert len(found.messages) == 2
    assert list(found.refused) == [1]


def test_a_batch_within_batches_without_end() -> None:
    """Nesting is looked into only so far."""
    body = json.dumps(_A)
    for _ in range(50):
        body = f'{{"events": [{body}]}}'

    assert len(read_stream(body.encode()).events) == 1


def test_too_many_events() -> None:
    """A body has a bound, in lines as in lists."""
    with pytest.raises(TooLarge):
        read_stream(b"[" + b",".join([b"{}"] * 50_001) + b"]")


@pytest.mark.parametrize(
    ("fields", "user"),
    [
        ({}, "5e3b7a1c9d"),
        ({"user_attributes": {}}, "u-1"),
        ({"user_attributes": None}, "u-1"),
        ({"user_attributes": "nonsense"}, "u-1"),
        ({"user_attributes": {"moengage_user_id": ""}, "uid": 42}, "42"),
        ({"user_attributes": None, "uid": None}, "aa11bb22"),
        ({"user_attributes": None, "uid": "", "device_attributes": None, "push_id": "p"}, "p"),
        ({"user_attributes": None, "uid": None, "device_attributes": {}, "email_id": "u@example.com"}, "u@example.com"),
        ({"user_attributes": None, "uid": None, "device_attributes": {}, "email_address": "a@b.c"}, "a@b.c"),
        ({"user_attributes": None, "uid": None, "device_attributes": {}, "mobile_number": 491}, "491"),
    ],
)
def test_who_it_was(fields: Json, user: str) -> None:
    """The vendor's id of the user, else the customer's, else the device, else the address."""
    assert _one(**fields).user_id == user


@pytest.mark.parametrize("value", [NOON // 1000, NOON, str(NOON), "2026-01-01T12:00:00Z"])
def test_when_it_was(value: Any) -> None:
    """Every shape of time is the same time."""
    assert _one(event_time=value).time == NOON


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"variation_id": "1", "locale_name": "Default"}, ("default", "variation_1")),
        ({"variation_id": 2, "locale_name": "Spanish", "locale_id": "3"}, ("Spanish", "variation_2")),
        ({"moe_variation_id": "2", "moe_locale_name": "Hindi"}, ("Hindi", "variation_2")),
        ({"locale_id": "0"}, ("default", None)),
        ({"moe_locale_id": 0}, ("default", None)),
        ({"campaign_id": f"{CAMPAIGN}_F_T_GP_AB_2_P_0_L_0"}, ("default", "variation_2")),
        ({"campaign_id": f"{CAMPAIGN}_L_0", "variation_id": "1"}, ("default", "variation_1")),
        ({}, (None, None)),
    ],
)
def test_which_locale_and_variation(attributes: Json, expected: tuple[str | None, str | None]) -> None:
    """Both are read from attributes, from the aliases of the SDKs, or from the suffix of the id."""
    event = _one(attributes=attributes)

    assert (event.campaign_id, event.locale, event.variation) == (CAMPAIGN, *expected)


def test_the_readable_id_only_where_there_is_no_other() -> None:
    """It is not the key of the campaign."""
    assert _one(attributes={"moe_campaign_id": "Promo-7"}).campaign_id == CAMPAIGN
    assert _one(attributes={"moe_campaign_id": "Promo-7", "campaign_id": None}).campaign_id == "Promo-7"


@pytest.mark.parametrize(
    ("code", "fields", "platform"),
    [
        ("NOTIFICATION_RECEIVED_MOE", {}, "ANDROID"),
        ("NOTIFICATION_RECEIVED_MOE", {"attributes": {"os": "iOS"}}, "IOS"),
        ("NOTIFICATION_RECEIVED_MOE", {"attributes": {"platform": "ios"}}, "IOS"),
        ("NOTIFICATION_RECEIVED_MOE", {"device_attributes": {"os": "iOS"}}, "IOS"),
        ("NOTIFICATION_CLICKED_WEB_MOE", {"attributes": {"os_key": "MWeb"}}, "MWEB"),
        ("NOTIFICATION_CLICKED_WEB_MOE", {"attributes": {"os": "Web", "moe_mweb": True}}, "MWEB"),
        ("NOTIFICATION_CLICKED_WEB_MOE", {"user_attributes": {"moengage_user_id": "m", "moe_mweb": "true"}}, "MWEB"),
        ("NOTIFICATION_CLICKED_WEB_MOE", {"attributes": {"os": "Android"}}, "WEB"),
        ("NOTIFICATION_CLICKED_MOE", {"attributes": {"os": "TV"}}, "UNKNOWN"),
        ("NOTIFICATION_FAILED", {"attributes": {"os": "ANDROID"}}, "ANDROID"),
        ("NOTIFICATION_FAILED", {}, "UNKNOWN"),
    ],
)
def test_on_which_platform(code: str, fields: Json, platform: str) -> None:
    """The event's own word, else that of its device, else the code's."""
    assert _one(code=code, channel="PUSH", **fields).platform == platform


@pytest.mark.parametrize("name", ["Notification Sent Android", "notification sent android"])
@pytest.mark.parametrize("code", ["SOMETHING_NEW", None])
def test_a_name_stands_in_for_a_code_that_is_not_published(name: str, code: str | None) -> None:
    """The event is what it is called where its code says nothing."""
    found = _translate(stream_event(code, channel="PUSH", event_name=name))

    assert [event.kind for event in found.messages] == [Kind.SENT, Kind.ATTEMPTED]


def test_a_code_wins_over_the_name() -> None:
    """Names are read only where the code says nothing."""
    assert _one(code="MOE_EMAIL_CLICK", event_name="Email Opened").kind is Kind.CLICKED


def test_a_users_own_event_is_not_mistaken_for_one_of_a_campaign() -> None:
    """What is called like an event of a campaign, and names none, is what the user did."""
    event = stream_event("email_sent_2", event_name="Email Sent", event_type="USER_ACTION_EVENT", event_attributes={})

    found = _translate(event)

    assert [user.name for user in found.user_events] == ["email_sent_2"]
    assert found.messages == []


@pytest.mark.parametrize("kind", ["sent", "failed"])
def test_what_must_have_been_attempted(kind: str) -> None:
    """An attempt is derived of what was sent or failed, under an id that is the same each time."""
    code = {"sent": "MOE_EMAIL_SENT", "failed": "MOE_EMAIL_DROP"}[kind]

    found = _translate(stream_event(code, event_uuid="x"))

    assert [(event.kind.value, event.event_id) for event in found.messages] == [
        (kind, "x"),
        ("attempted", "x#attempted"),
    ]
    assert found.message_places == [0, 0]


@pytest.mark.parametrize(
    ("channel", "code", "attributes", "reason"),
    [
        ("EMAIL", "MOE_EMAIL_DROP", {}, "email_drop"),
        ("EMAIL", "MOE_EMAIL_DROP", {"reason": "Invalid Email"}, "dropped invalid_email"),
        ("EMAIL", "MOE_EMAIL_DROP", {"reason": "Unsubscribed"}, "dropped blocklisted"),
        ("EMAIL", "MOE_EMAIL_DROP", {"reason": "SMTPException"}, "SMTPException"),
        ("EMAIL", "MOE_EMAIL_DROPPED_UNSUBSCRIBE", {"HARD_BOUNCE_DROPPED_REASON": "Bounced"}, "email_unsubscribe_drop"),
        ("SMS", "MOE_SMS_DELIVERY_FAILED", {"Reason": "Handset off"}, "Handset off"),
        ("SMS", "MOE_SMS_DELIVERY_FAILED", {}, "delivery_failed"),
        ("PUSH", "NOTIFICATION_DROPPED", {"Reason group": "Reachability", "Code": 101.0}, "101"),
        ("PUSH", "NOTIFICATION_FAILED", {}, "rejected_by_push_service"),
    ],
)
def test_why_it_failed(channel: str, code: str, attributes: Json, reason: str) -> None:
    """The event says why, or its code does."""
    assert _one(code=code, channel=channel, attributes=attributes).reason == reason


@pytest.mark.parametrize(
    ("attributes", "group"),
    [
        ({}, ControlGroup.CAMPAIGN),
        ({"moe_control_group_type": "Global"}, ControlGroup.GLOBAL),
        ({"control_group_type": "GLOBAL CONTROL GROUP"}, ControlGroup.GLOBAL),
        ({"moe_control_group_type": "Campaign"}, ControlGroup.CAMPAIGN),
    ],
)
@pytest.mark.parametrize(
    "code",
    [
        "MOE_CAMPAIGN_USER_REMOVED_DUE_TO_CONTROL_GROUP",
        "MOE_CAMPAIGN_USER_REMOVED _DUE_TO_CONTROL_GROUP",
        "MOE_CAMPAIGN_CONTROL_GROUP",
    ],
)
def test_who_was_held_out(code: str, attributes: Json, group: ControlGroup) -> None:
    """A user is held out for the campaign's own group, or for the global one where the event says so."""
    event = _one(code=code, channel="SMS", attributes=attributes)

    assert (event.kind, event.group, event.channel) == (Kind.HELD_OUT, group, Channel.SMS)


def test_membership_of_the_global_group_feeds_nothing() -> None:
    """A user who joins it is held out of nothing yet."""
    found = _translate(
        stream_event("MOE_CAMPAIGN_CONTROL_GROUP", event_attributes={"moe_control_group_type": "Global"})
    )

    assert (found.recognised, found.messages, found.refused) == (1, [], {})


@pytest.mark.parametrize(
    ("campaign", "named", "expected"),
    [
        (_campaign(Channel.ON_SITE), "IN_APP", Channel.ON_SITE),
        (_campaign(Channel.IN_APP), "ON_SITE", Channel.IN_APP),
        (None, "ON_SITE", Channel.ON_SITE),
        (None, "EMAIL", Channel.IN_APP),
    ],
)
def test_a_code_of_two_channels(campaign: Campaign | None, named: str, expected: Channel) -> None:
    """The campaign says which is meant; before it is registered, its events do."""
    found = _translate(stream_event("MOE_IN_APP_SHOWN", channel=named), campaign=campaign)

    assert [event.channel for event in found.messages] == [expected]


def test_a_held_out_user_is_where_the_campaign_is() -> None:
    """Where the event does not say the platform and the campaign has one, it is that one."""
    event = stream_event("MOE_CAMPAIGN_CONTROL_GROUP", channel="IN_APP")

    (one,) = _translate(event, campaign=_campaign(Channel.IN_APP, platforms=("IOS",))).messages
    (other,) = _translate(event).messages

    assert (one.platform, other.platform) == ("IOS", "UNKNOWN")


def test_impressions_of_ios_where_only_the_send_is_known() -> None:
    """The address of the stream can say that a push which was sent counts as shown."""
    event = stream_event("n_i_s", channel="PUSH")

    kinds = [
        [one.kind.value for one in _translate(event, sent_is_shown_on_ios=shown).messages] for shown in (False, True)
    ]

    assert kinds == [["sent", "attempted"], ["sent", "attempted", "impression"]]


@pytest.mark.parametrize("kind", ["USER_ACTION_EVENT", "user action event", "LIFECYCLE", "ACQUISITION", "UNINSTALL"])
def test_what_users_do(kind: str) -> None:
    """It becomes a user event with its attributes as they were written."""
    event = stream_event("purchase", event_type=kind, event_attributes={"amount": 0})
    body = _body(stream_batch(event)).replace(b'"amount": 0', b'"amount": 12.340')

    found = Translator(read_stream(body), StreamOptions()).finish({})

    (bought,) = found.user_events
    assert (bought.name, bought.event_id, bought.user_id) == ("purchase", event["event_uuid"], "5e3b7a1c9d")
    assert bytes(bought.attributes) == b'{"amount": 12.340}'


def test_a_code_of_life_is_a_user_event_of_any_type() -> None:
    """The type is never relied on."""
    found = _translate(stream_event("MOE_APP_OPENED", event_type="CAMPAIGN_EVENT"), stream_event("Device Uninstall"))

    assert [event.name for event in found.user_events] == ["MOE_APP_OPENED", "Device Uninstall"]


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"event_uuid": None}, "missing_field", "event_uuid"),
        ({"event_uuid": {"a": 1}}, "missing_field", "event_uuid"),
        ({"event_uuid": "x" * (LONGEST_UUID + 1)}, "invalid_value", "event_uuid"),
        ({"event_time": None}, "invalid_value", "event_time"),
        ({"event_time": "noon"}, "invalid_value", "event_time"),
        ({"attributes": {"campaign_id": None}}, "missing_field", "event_attributes.campaign_id"),
        ({"attributes": {"campaign_id": "a b"}}, "invalid_value", "event_attributes.campaign_id"),
        ({"event_attributes": "nonsense"}, "missing_field", "event_attributes.campaign_id"),
        ({"event_code": "MOE_TELEPORTED"}, "unknown_code", "event_code"),
        ({"event_code": None, "event_name": None}, "missing_field", "event_code"),
        (
            {"user_attributes": None, "uid": None, "device_attributes": None},
            "missing_field",
            "user_attributes.moengage_user_id",
        ),
        ({"user_attributes": None, "uid": "x" * 257}, "invalid_value", "user_id"),
        (
            {"event_code": "MOE_CAMPAIGN_CONTROL_GROUP", "attributes": {"campaign_channel": "pigeon"}},
            "missing_field",
            "event_attributes.campaign_channel",
        ),
    ],
)
def test_what_cannot_be_used(fields: Json, code: str, field: str) -> None:
    """It is refused with the field and a reason, and the event beside it is not."""
    found = _translate(stream_event(), stream_event(**fields), stream_event())

    assert [(place, row.code.value, row.field) for place, row in found.refused.items()] == [(1, code, field)]
    assert found.refused[1].message
    assert found.message_places == [0, 2]


@pytest.mark.parametrize("value", [None, 5, "x", [], [5], True])
def test_what_is_no_event(value: Any) -> None:
    """Anything may stand among events."""
    found = _translate(stream_event(), value)

    assert (len(found.messages), len(found.refused)) == ((1, 0) if value == [] else (1, 1))


def test_what_is_said_of_a_campaign() -> None:
    """A draft is made of what the events say, whichever spelling they use."""
    attributes = {
        "campaign_id": f"{CAMPAIGN}_L_0",
        "campaign_type": "GENERAL",
        "moe_delivery_type": "Periodic",
        "moe_c_pid": "66e933029ff25f3322d8279e",
        "moe_f_pid": "f1",
        "parent_flow_name": "Welcome",
        "moe_campaign_tags": "a, b,,a",
        "campaign_channel": None,
        "moe_campaign_channel": "Email",
    }

    (draft,) = _translator(stream_event(attributes=attributes)).drafts()

    assert draft == (
        CAMPAIGN,
        DraftFacts(
            Channel.EMAIL, "Promo", DeliveryType.PERIODIC, "66e933029ff25f3322d8279e", "f1", "Welcome", ("a", "b")
        ),
    )


def test_the_code_says_the_channel_of_a_draft() -> None:
    """What the event says of its channel matters only where its code leaves it open."""
    first = stream_event("SMS_SENT", attributes={"campaign_channel": "Push", "moe_campaign_tags": ["x", 5, None]})
    second = stream_event("SMS_DELIVERED", attributes={"campaign_name": "Later"})

    (draft,) = _translator(first, second).drafts()

    assert draft == (CAMPAIGN, DraftFacts(Channel.SMS, "Promo", DeliveryType.ONE_TIME, tags=("x", "5")))


def test_a_campaign_is_not_its_own_parent() -> None:
    """Nor is one whose id is only spelled longer."""
    (draft,) = _translator(stream_event(attributes={"parent_campaign_id": f"{CAMPAIGN}_L_1"})).drafts()

    assert draft[1].parent_campaign_id is None


def test_large_attributes_are_read_all_the_same() -> None:
    """Those that are too long to be remembered say the same."""
    event = _one(attributes={"variation_id": "2", "more": "x" * 5000})

    assert event.variation == "variation_2"
    assert msgspec.to_builtins(event)["kind"] == "opened"
