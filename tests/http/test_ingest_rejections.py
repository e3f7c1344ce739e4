"""Events that are turned away, one by one: where they stood, why, and that their neighbours are kept."""

import json
from collections.abc import Iterator

import pytest

from aftersend.domain.channels import Channel
from aftersend.domain.events import RejectionCode
from builders import NOON, Asker, Json, campaign, message_event, user_event
from server import Server

MESSAGES, USERS = "/v1/message-events", "/v1/user-events"
ABSENT = object()


@pytest.fixture(scope="module")
def place(server: Server) -> Asker:
    """A workspace with one campaign a channel, for tests that only look at receipts."""
    asker = server.create_workspace("rejections")
    for channel in Channel:
        asker.put_campaign(channel.lower(), campaign(channel))
    asker.put_campaign("c1", campaign())
    return asker


Case = tuple[RejectionCode, str, Json]
"""A code, the field it is about, and what is wrong with an otherwise good event."""

MISSING, TYPE, VALUE = RejectionCode.MISSING_FIELD, RejectionCode.INVALID_TYPE, RejectionCode.INVALID_VALUE

WRONG_TIMES: list[object] = [
    "",
    "now",
    "2026-01-01",
    "2026-01-01T12:00:00",
    "2026-02-30T12:00:00Z",
    "2026-01-01T25:00:00Z",
    "1767268800000",
    "Thu, 01 Jan 2026 12:00:00 GMT",
    "1999-12-31T23:59:59.999Z",
    "2100-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    946_684_799_999,
    4_102_444_800_000,
    NOON // 1000,
    0,
    -NOON,
    10**400,
]

NO_TEXTS: list[object] = [True, [], {}]
NO_OBJECTS: list[object] = [[], [{}], "text", "{}", 7, True]


def _both() -> Iterator[Case]:
    """What is wrong in message events and in user events alike."""
    for field in ("event_id", "user_id", "time"):
        yield MISSING, field, {field: ABSENT}
        yield TYPE, field, {field: None}
        for value in NO_TEXTS:
            yield TYPE, field, {field: value}
    for field, limit in (("event_id", 128), ("user_id", 256)):
        yield TYPE, field, {field: 7}
        yield VALUE, field, {field: ""}
        yield VALUE, field, {field: "x" * (limit + 1)}
    for moment in WRONG_TIMES:
        yield VALUE, "time", {"time": moment}
    yield TYPE, "time", {"time": NOON + 0.5}
    yield TYPE, "platform", {"platform": 7}
    yield VALUE, "platform", {"platform": "x" * 33}
    for name in ("User_Id", "userid", "timestamp", "", "`", "a\nb", "reason - at `$.time`"):
        yield RejectionCode.UNKNOWN_FIELD, name, {name: "x"}


def _message_cases() -> Iterator[Case]:
    yield from _both()
    for field in ("kind", "campaign_id"):
        yield MISSING, field, {field: ABSENT}
        yield TYPE, field, {field: None}
        yield VALUE, field, {field: ""}
    yield VALUE, "campaign_id", {"campaign_id": "x" * 129}
    for kind in ("Sent", "sent ", "nonsense"):
        yield VALUE, "kind", {"kind": kind}
    for field, limit in (("send_id", 256), ("device_id", 256), ("link", 2048), ("reason", 256)):
        yield TYPE, field, {field: 7}
        yield VALUE, field, {field: "x" * (limit + 1)}
    for field in ("locale", "variation"):
        yield TYPE, field, {field: ["de"]}
        for name in ("", " ", "x" * 65, "a\nb", "a\0b", "all_locales", "all_variations", "global_control_group"):
            yield VALUE, field, {field: name}
    yield VALUE, "group", {"kind": "held_out", "group": "Campaign"}
    yield VALUE, "bounce_type", {"kind": "bounced", "bounce_type": "medium"}
    yield TYPE, "machine", {"machine": "true"}
    yield TYPE, "machine", {"machine": 1}
    yield VALUE, "channel", {"channel": "email"}
    yield RejectionCode.UNKNOWN_FIELD, "attributes", {"attributes": {}}
    yield RejectionCode.UNKNOWN_CAMPAIGN, "campaign_id", {"campaign_id": "nowhere"}
    yield RejectionCode.UNKNOWN_CAMPAIGN, "campaign_id", {"campaign_id": "no where", "channel": "EMAIL"}
    yield RejectionCode.CHANNEL_MISMATCH, "channel", {"channel": "PUSH"}
    yield RejectionCode.KIND_NOT_ON_CHANNEL, "kind", {"kind": "impression"}
    yield RejectionCode.KIND_NOT_ON_CHANNEL, "kind", {"kind": "bounced", "campaign_id": "sms"}
    yield RejectionCode.PLATFORM_NOT_ON_CHANNEL, "platform", {"platform": "ios"}
    yield RejectionCode.PLATFORM_NOT_ON_CHANNEL, "platform", {"platform": "MWEB", "campaign_id": "in_app"}
    yield RejectionCode.PLATFORM_NOT_ON_CHANNEL, "platform", {"platform": "PUSH", "campaign_id": "push"}
    yield MISSING, "platform", {"campaign_id": "in_app"}


def _user_cases() -> Iterator[Case]:
    yield from _both()
    yield MISSING, "name", {"name": ABSENT}
    yield TYPE, "name", {"name": None}
    yield VALUE, "name", {"name": ""}
    yield VALUE, "name", {"name": "x" * 257}
    for value in NO_OBJECTS:
        yield TYPE, "attributes", {"attributes": value}
    yield VALUE, "attributes", {"attributes": {"text": "x" * 32_768}}
    yield RejectionCode.UNKNOWN_FIELD, "kind", {"kind": "sent"}


MESSAGE_CASES, USER_CASES = list(_message_cases()), list(_user_cases())


def _spoilt(event: Json, changes: Json) -> Json:
    return {field: value for field, value in (event | changes).items() if value is not ABSENT}


def _name(case: object) -> str:
    return case.value if isinstance(case, RejectionCode) else repr(case)[:60].replace(repr(ABSENT), "absent")


def check_rejection(place: Asker, path: str, good: list[Json], bad: object, case: tuple[RejectionCode, str]) -> None:
    """Send a bad event between two good ones, and check that it alone is turned away, and why."""
    receipt = place.send(good[0], bad, good[1], path=path)  # type: ignore[arg-type]

    (rejected,) = receipt.pop("rejected")
    assert receipt == {"accepted": 2, "duplicates": 0}
    assert rejected.pop("message")
    event_id = bad.get("event_id") if isinstance(bad, dict) else None
    assert rejected == {
        "index": 1,
        "event_id": event_id if isinstance(event_id, str) else None,
        "code": case[0].value,
        "field": case[1],
    }


@pytest.mark.parametrize(("code", "field", "changes"), MESSAGE_CASES, ids=_name)
def test_a_message_event_that_is_turned_away(place: Asker, code: RejectionCode, field: str, changes: Json) -> None:
    """A bad message event is named by place, id, code and field, and its neighbours are kept."""
    good = [message_event(), message_event()]

    check_rejection(place, MESSAGES, good, _spoilt(message_event(), changes), (code, field))


@pytest.mark.parametrize(("code", "field", "changes"), USER_CASES, ids=_name)
def test_a_user_event_that_is_turned_away(place: Asker, code: RejectionCode, field: str, changes: Json) -> None:
    """A bad user event is named by place, id, code and field, and its neighbours are kept."""
    good = [user_event(), user_event()]

    check_rejection(place, USERS, good, _spoilt(user_event(), changes), (code, field))


@pytest.mark.parametrize("item", [7, "text", None, True, [], [{}], 1.5], ids=repr)
def test_an_item_that_is_not_an_object(place: Asker, item: object) -> None:
    """JSON among the events that is not an object is turned away by itself."""
    good = [message_event(), message_event()]

    check_rejection(place, MESSAGES, good, item, (RejectionCode.NOT_AN_OBJECT, "event"))


def send_between(place: Asker, path: str, line: bytes) -> Json:
    """Send a bad line between two good ones, and return why it was turned away."""
    make = message_event if path == MESSAGES else user_event
    before, after = (json.dumps(make()).encode() for _ in range(2))
    headers = {"content-type": "application/x-ndjson"}

    answer = place.request("POST", path, content=b"\n".join([before, line, after]), headers=headers)

    assert answer.status_code == 200
    assert answer.json()["accepted"] == 2
    (rejected,) = answer.json()["rejected"]
    found: Json = rejected
    return found


MALFORMED_LINES = [
    b'{"event_id": "e1"',
    b"text",
    b'{"event_id": NaN}',
    b'{"event_id": "\xff"}',
    b'{"event_id": "\\ud800"}',
    b"\xef\xbb\xbf{}",
    b"\0",
]


@pytest.mark.parametrize("path", [MESSAGES, USERS])
@pytest.mark.parametrize("line", MALFORMED_LINES, ids=lambda line: repr(line)[:40])
def test_a_line_that_is_not_json(place: Asker, line: bytes, path: str) -> None:
    """A line that is not JSON is turned away, and the other lines are kept."""
    rejected = send_between(place, path, line)

    assert (rejected["index"], rejected["event_id"]) == (1, None)
    assert (rejected["code"], rejected["field"]) == ("malformed", "event")


def test_a_line_that_is_nested_too_deep(place: Asker) -> None:
    """A line that is nested deeper than can be read is turned away, and the other lines are kept."""
    deep = '{"a":' * 5000 + "0" + "}" * 5000
    line = json.dumps(user_event(attributes="deep")).replace('"deep"', deep).encode()

    assert send_between(place, USERS, line)["index"] == 1


@pytest.mark.parametrize("between", [" ", "", "\r"], ids=repr)
def test_a_line_is_judged_by_itself(place: Asker, between: str) -> None:
    """Whether two events on one line are taken does not depend on what stands in other lines."""
    alone = between.join(json.dumps(message_event()) for _ in range(2))
    in_company = between.join(json.dumps(message_event()) for _ in range(2)) + "\n{}"
    headers = {"content-type": "application/x-ndjson"}

    answers = [place.request("POST", MESSAGES, content=body, headers=headers) for body in (alone, in_company)]

    taken = [answer.json().get("accepted", 0) for answer in answers]
    assert taken[0] == taken[1]


def test_an_event_on_two_lines_is_judged_by_itself(place: Asker) -> None:
    """Whether an event that is spread over lines is taken does not depend on what stands in other lines."""
    headers = {"content-type": "application/x-ndjson"}
    bodies = [json.dumps(message_event(), indent=1), json.dumps(message_event(), indent=1) + "\n{}"]

    answers = [place.request("POST", MESSAGES, content=body, headers=headers) for body in bodies]

    taken = [answer.json().get("accepted", 0) for answer in answers]
    assert taken[0] == taken[1]


def test_every_code_has_its_case() -> None:
    """Every code of the closed list is brought about by one of these tests."""
    shown = {code for code, _, _ in MESSAGE_CASES + USER_CASES}

    # What is too old depends on the workspace: test_retention.py. Codes are those of a stream: test_streams.py.
    elsewhere = {
        RejectionCode.MALFORMED,
        RejectionCode.NOT_AN_OBJECT,
        RejectionCode.EXPIRED,
        RejectionCode.UNKNOWN_CODE,
    }
    assert shown | elsewhere == set(RejectionCode)


def test_many_bad_events_in_one_batch(place: Asker) -> None:
    """All bad events of a batch are listed in its order, whatever is wrong with each, in every form of a batch."""
    bad = [_spoilt(message_event(), changes) for _, _, changes in MESSAGE_CASES]
    mixed = [event for pair in zip(bad, [message_event() for _ in bad], strict=True) for event in pair]
    expected = [(2 * place, code) for place, (code, _, _) in enumerate(MESSAGE_CASES)]

    for receipt in (place.send(*mixed), place.send_lines(*mixed)):
        assert [(row["index"], row["code"]) for row in receipt["rejected"]] == expected
        assert receipt["accepted"] + receipt["duplicates"] == len(bad)


def test_bad_events_are_in_no_figure(asker: Asker) -> None:
    """What was turned away is counted nowhere, and its id is still free."""
    asker.put_campaign("c1", campaign())
    event = message_event()

    asker.send(event | {"platform": "nonsense"}, message_event())
    before = asker.node("EMAIL")["performance_stats"]["sent"]
    receipt = asker.send(event)

    assert (before, receipt["accepted"]) == (1, 1)


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("removed", "reason"),
        ("failed", "reason"),
        ("undelivered", "reason"),
        ("held_out", "group"),
        ("bounced", "bounce_type"),
    ],
)
@pytest.mark.parametrize("given", [{}, {"reason": None, "group": None, "bounce_type": None}], ids=["absent", "null"])
def test_a_detail_that_is_not_there(place: Asker, kind: str, field: str, given: Json) -> None:
    """A kind that needs a detail is turned away without it, and the field is named."""
    good = [message_event(), message_event()]

    check_rejection(place, MESSAGES, good, message_event(kind, **given), (MISSING, field))
