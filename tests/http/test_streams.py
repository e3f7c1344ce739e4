"""The event stream over HTTP: what is counted, what is set aside, and that it is always answered."""

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from aftersend.domain.sources import KEPT_EVENTS, KEPT_TEXT
from aftersend.domain.workspaces import Scope
from aftersend.errors import StoreUnavailable
from builders import NOON, Asker, Json, campaign
from oracle_tables import NAMES_OF_PLATFORMS
from server import Server
from stream_events import CAMPAIGN, DOOR, GOALS, MOVES, NOTHING, Moves, file_line, stream_batch, stream_event

_RATES = ("rate", "ctr", "ctor")


def _send(asker: Asker, *events: Any, door: str = DOOR) -> Json:
    answer = asker.request("POST", door, json=stream_batch(*events))
    assert answer.status_code == 200, answer.text
    receipt: Json = answer.json()
    return receipt


def _rejected(asker: Asker, **query: Any) -> Json:
    answer = asker.request("GET", f"{DOOR}/rejected", params=query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def _counts(asker: Asker, platform: str, **where: str) -> tuple[Json, Json, Json]:
    """The numbers of a node that are counts and not 0: performance, funnel and failures."""
    node = asker.node(NAMES_OF_PLATFORMS.get(platform, platform), campaign_id=CAMPAIGN, **where)
    counts = {key: value for key, value in node["performance_stats"].items() if not key.endswith(_RATES) and value}
    funnel = {key: value for key, value in node["delivery_funnel"].items() if value}
    return counts, funnel, node["failure_breakdown"]


def _expected(moves: Moves, times: int = 1) -> tuple[Json, Json, Json]:
    performance, funnel, failures = moves.performance, moves.funnel, moves.breakdown
    return dict.fromkeys(performance, times), dict.fromkeys(funnel, times), dict.fromkeys(failures, times)


def _is_clean(asker: Asker) -> bool:
    answer = asker.request("GET", "/v1/audit").json()
    assert answer["clean"], answer["violations"]
    return True


@pytest.mark.parametrize("code", MOVES)
def test_a_code_moves_exactly_what_it_should(asker: Asker, code: str) -> None:
    """One event of each code, sent twice in one batch and again in another: what it moves is moved by one, once."""
    moves = MOVES[code]
    event = stream_event(code, channel=moves.channel, attributes=moves.attributes)

    for receipt in (_send(asker, event, event), _send(asker, event)):
        assert receipt["rejected"] == []

    assert _counts(asker, moves.platform) == _expected(moves)
    assert _is_clean(asker)


def test_all_codes_of_a_channel_together(new_workspace: Callable[..., Asker]) -> None:
    """After a whole stream the numbers are the sums of the rows, and the audit is clean."""
    for channel in ("PUSH", "EMAIL", "SMS", "IN_APP"):
        asker = new_workspace()
        codes = [code for code, moves in MOVES.items() if moves.channel == channel]
        others = [stream_event(code, channel=channel) for code in NOTHING]
        events = [stream_event(code, channel=channel, attributes=MOVES[code].attributes) for code in codes * 3]

        receipt = _send(asker, *others, *events)

        assert (receipt["recognised"], receipt["unknown"], receipt["rejected"]) == (len(NOTHING), 0, [])
        for platform in {MOVES[code].platform for code in codes}:
            sums: list[dict[str, int]] = [{}, {}, {}]
            for code in codes:
                if MOVES[code].platform == platform:
                    for place, moved in enumerate(_expected(MOVES[code], 3)):
                        for key, value in moved.items():
                            sums[place][key] = sums[place].get(key, 0) + value
            assert list(_counts(asker, platform)) == sums
        assert _is_clean(asker)


def test_failures_alone_take_nobody_off_the_funnel(asker: Asker) -> None:
    """The stream does not say who was targeted, so no stage falls below zero; the breakdown says why it failed."""
    reasons = ("Unsubscribed", "Invalid Email", "FC Removed", None)
    _send(asker, *(stream_event("MOE_EMAIL_DROP", attributes={"reason": reason}) for reason in reasons))

    assert _counts(asker, "EMAIL") == (
        {"attempted": 4, "failed": 4},
        {},
        {"dropped_blocklisted": 1, "dropped_invalid_email": 1, "dropped_frequency_cap": 1, "email_drop": 1},
    )
    assert _is_clean(asker)


def test_totals_and_uniques(asker: Asker) -> None:
    """One user with three clicks is one user; the vendor's id of the user says who it was."""
    _send(asker, *(stream_event("MOE_EMAIL_CLICK", uid=f"u{n}") for n in range(3)))

    clicks = [asker.node("EMAIL", campaign_id=CAMPAIGN, metric_type=one) for one in ("TOTAL", "UNIQUE")]

    assert [node["performance_stats"]["click"] for node in clicks] == [3, 1]


def test_locales_variations_and_platforms(asker: Asker) -> None:
    """An event counts in the node that it names."""
    told = {"variation_id": "2", "locale_name": "Spanish"}
    _send(asker, stream_event("NOTIFICATION_CLICKED_MOE", channel="PUSH", attributes=told | {"os": "iOS"}))

    for locale in ("Spanish", "all_locales"):
        for variation in ("variation_2", "all_variations"):
            assert _counts(asker, "ios", locale=locale, variation=variation)[0] == {"click": 1}


@pytest.mark.parametrize("value", [NOON // 1000, NOON, "2026-01-01T12:00:00Z"])
def test_three_shapes_of_time(asker: Asker, value: Any) -> None:
    """The same moment in seconds, in milliseconds and as text counts on the same day."""
    _send(asker, stream_event(event_time=value))

    days = {"start_date": "2026-01-01", "end_date": "2026-01-01"}
    assert asker.node("EMAIL", campaign_id=CAMPAIGN, **days)["performance_stats"]["opened"] == 1


def test_midnight_is_that_of_the_workspace(new_workspace: Callable[..., Asker]) -> None:
    """Late events count on the day on which they happened, by the workspace's clock."""
    asker = new_workspace("Asia/Kolkata")
    midnight = 1_767_205_800  # 2026-01-01 00:00 there
    _send(asker, stream_event(event_time=midnight), stream_event(event_time=midnight - 1))

    for day in ("2025-12-31", "2026-01-01"):
        node = asker.node("EMAIL", campaign_id=CAMPAIGN, start_date=day, end_date=day)
        assert node["performance_stats"]["opened"] == 1


def test_a_batch_that_comes_three_times(asker: Asker) -> None:
    """The vendor sends again what it thinks was lost: each good event counts once, the bad one is set aside once."""
    bad = stream_event(event_time="soon")
    batch = [stream_event("MOE_EMAIL_SENT"), bad, stream_event("MOE_EMAIL_DROP"), "nonsense", stream_event()]

    receipts = [_send(asker, *batch) for _ in range(3)]

    assert [(one["accepted"], one["duplicates"], len(one["rejected"])) for one in receipts] == [
        (5, 0, 2),
        (0, 5, 2),
        (0, 5, 2),
    ]
    assert [row["index"] for row in receipts[0]["rejected"]] == [1, 3]
    assert _counts(asker, "EMAIL")[0] == {"attempted": 2, "sent": 1, "failed": 1, "opened": 1}
    found = _rejected(asker)
    assert (found["total"], found["dropped"]) == (2, {"rejected": 0, "unknown_code": 0})
    newest, oldest = found["events"]
    assert (newest["raw"], newest["code"], newest["event_id"]) == ('"nonsense"', "malformed", None)
    assert json.loads(oldest["raw"]) == bad
    assert (oldest["code"], oldest["field"]) == ("invalid_value", "event_time")
    assert (oldest["event_id"], oldest["event_code"]) == (bad["event_uuid"], "MOE_EMAIL_OPEN")
    assert _is_clean(asker)


def test_what_the_catalogue_refuses_is_set_aside_too(asker: Asker) -> None:
    """A time out of bounds, a name that answers keep, a campaign on another channel: each says which field it is."""
    asker.put_campaign("other", campaign("SMS"))

    receipt = _send(
        asker,
        stream_event("MOE_EMAIL_SENT", event_time=-1),
        stream_event(attributes={"locale_name": "all_locales"}),
        stream_event("MOE_EMAIL_SENT", attributes={"campaign_id": "other"}),
        stream_event("purchase", event_type="USER_ACTION_EVENT", event_time=1),
    )

    assert receipt["accepted"] == 0
    assert [(row["code"], row["field"]) for row in receipt["rejected"]] == [
        ("invalid_value", "event_time"),
        ("invalid_value", "event_attributes.locale_name"),
        ("channel_mismatch", "event_code"),
        ("invalid_value", "event_time"),
    ]
    assert _rejected(asker)["total"] == 4


def test_unknown_codes_are_kept_and_counted(asker: Asker) -> None:
    """An event of a code that nobody knows is no error: it is kept as it came, and the operator can see how many."""
    before = _metric(asker, "unknown_code")
    event = stream_event("MOE_EMAIL_TELEPORTED")

    receipt = _send(asker, event, stream_event())

    assert receipt == {"accepted": 1, "duplicates": 0, "recognised": 0, "unknown": 1, "rejected": []}
    (kept,) = _rejected(asker, code="unknown_code")["events"]
    assert (json.loads(kept["raw"]), kept["event_code"]) == (event, "MOE_EMAIL_TELEPORTED")
    assert _rejected(asker, code="malformed")["events"] == []
    assert _metric(asker, "unknown_code") == before + 1


def _metric(asker: Asker, outcome: str) -> float:
    name = f'aftersend_source_events_total{{outcome="{outcome}",source="moengage-streams"}} '
    lines = asker.request("GET", "/metrics").text.splitlines()
    return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))


@pytest.mark.parametrize("body", [b"not JSON", b'{"events": [{"event_code"', b"\xff\x00\xfe", b'"text"'])
def test_a_body_that_is_nothing_is_answered_and_kept(asker: Asker, body: bytes) -> None:
    """Sending it again would not mend it, so it is set aside, and the sender need not try again."""
    for _ in range(2):
        answer = asker.request("POST", DOOR, content=body)
        assert (answer.status_code, len(answer.json()["rejected"])) == (200, 1)

    (kept,) = _rejected(asker)["events"]
    assert (kept["code"], kept["field"], kept["cut"]) == ("malformed", "body", False)
    assert kept["raw"] == body.decode("utf-8", "replace").replace("\0", "\ufffd")


def test_a_body_that_is_not_packed_as_it_says(asker: Asker) -> None:
    """It is set aside as it is."""
    answer = asker.request("POST", DOOR, content=b"plain", headers={"content-encoding": "gzip"})

    assert answer.status_code == 200
    assert _rejected(asker)["events"][0]["raw"] == "plain"


def test_packed_bodies(asker: Asker) -> None:
    """What is packed as it says is read."""
    body = gzip.compress(json.dumps(stream_batch(stream_event())).encode())

    answer = asker.request("POST", DOOR, content=body, headers={"content-encoding": "gzip"})

    assert answer.json()["accepted"] == 1


def test_the_lines_of_a_file(asker: Asker) -> None:
    """The lines of an exported file are the same events as those of the stream."""
    events = [stream_event("MOE_EMAIL_SENT"), stream_event()]
    lines = "\n".join(json.dumps(file_line(event)) for event in events)

    answer = asker.request("POST", DOOR, content=lines)

    assert answer.json()["accepted"] == 3
    assert _send(asker, *events)["duplicates"] == 3


def test_what_is_too_long_is_cut(asker: Asker) -> None:
    """Only so much of an event is kept."""
    _send(asker, {"event_code": "MOE_X", "text": "é" * 2 * KEPT_TEXT})

    (kept,) = _rejected(asker)["events"]
    assert (len(kept["raw"]), kept["cut"]) == (KEPT_TEXT, True)


def test_no_more_than_so_many_are_kept(asker: Asker) -> None:
    """The oldest make room, the answer says how many did, and good events are none of their business."""
    bad = [{"event_code": "MOE_EMAIL_OPEN", "n": n} for n in range(KEPT_EVENTS + 5)]

    assert _send(asker, *bad, stream_event())["accepted"] == 1

    found = _rejected(asker, limit=1, offset=KEPT_EVENTS - 1)
    assert (found["total"], found["dropped"]["rejected"]) == (KEPT_EVENTS, 5)
    assert json.loads(found["events"][0]["raw"])["n"] == 5
    assert 'aftersend_set_aside_dropped_total{source="moengage-streams"}' in asker.request("GET", "/metrics").text


def test_pages_of_what_was_set_aside(asker: Asker) -> None:
    """The newest come first, a page at a time."""
    _send(asker, *({"n": n} for n in range(5)))

    found = _rejected(asker, offset=1, limit=2)

    assert ([json.loads(one["raw"])["n"] for one in found["events"]], found["total"]) == ([3, 2], 5)
    assert asker.request("GET", f"{DOOR}/rejected", params={"limit": 101}).status_code == 400
    assert asker.request("GET", f"{DOOR}/rejected", params={"code": "any"}).status_code == 400


def test_campaigns_become_drafts(asker: Asker) -> None:
    """A campaign that nobody has registered is called what its events call it; who registers it later wins."""
    attributes = {
        "campaign_name": "Spring",
        "moe_delivery_type": "Event Trigger",
        "parent_flow_id": "f1",
        "parent_flow_name": "Welcome",
        "parent_campaign_id": "66e933029ff25f3322d82000",
        "moe_campaign_tags": "a,b",
    }

    _send(asker, stream_event(attributes=attributes), stream_event(attributes={"campaign_name": "Summer"}))

    draft = asker.request("GET", f"/v1/campaigns/{CAMPAIGN}").json()
    assert (draft["name"], draft["channel"], draft["status"]) == ("Spring", "EMAIL", "DRAFT")
    assert (draft["delivery_type"], draft["tags"]) == ("EVENT_TRIGGERED", ["a", "b"])
    assert (draft["flow_id"], draft["flow_name"]) == ("f1", "Welcome")
    assert draft["parent_campaign_id"] == "66e933029ff25f3322d82000"

    asker.put_campaign(CAMPAIGN, campaign(name="Mine"))
    _send(asker, stream_event(attributes=attributes))
    assert asker.request("GET", f"/v1/campaigns/{CAMPAIGN}").json()["name"] == "Mine"
    assert _counts(asker, "EMAIL")[0] == {"opened": 3}


def test_a_bad_event_makes_no_draft(asker: Asker) -> None:
    """A campaign is registered for what counts in it."""
    _send(asker, stream_event(event_time="soon"), stream_event(event_uuid=""))

    assert asker.request("GET", f"/v1/campaigns/{CAMPAIGN}").status_code == 404


def test_what_a_draft_cannot_be_is_left_out(asker: Asker) -> None:
    """A parent on another channel, or a delivery type of another one, does not keep the event from counting."""
    asker.put_campaign("parent", campaign("SMS"))

    _send(asker, stream_event(attributes={"parent_campaign_id": "parent", "moe_delivery_type": "Location Trigger"}))

    draft = asker.request("GET", f"/v1/campaigns/{CAMPAIGN}").json()
    assert (draft["parent_campaign_id"], draft["delivery_type"]) == (None, "ONE_TIME")
    assert _counts(asker, "EMAIL")[0] == {"opened": 1}


def test_goals(asker: Asker) -> None:
    """What users do, and the events of an app's life, are conversions of the campaigns that have such goals."""
    goals = [{"name": "Order", "event": "purchase", "revenue_attribute": "amount"}, {"name": "App", "event": GOALS[0]}]
    asker.put_campaign(CAMPAIGN, campaign(goals=goals))
    bought = stream_event(
        "purchase",
        event_type="USER_ACTION_EVENT",
        event_time=NOON // 1000 + 60,
        event_attributes={"amount": 12.5, "currency": "EUR"},
    )
    opened = stream_event(GOALS[0], event_time=NOON // 1000 + 90, event_attributes={})

    receipt = _send(asker, stream_event(), bought, opened, bought)

    assert (receipt["accepted"], receipt["duplicates"]) == (3, 1)
    found = asker.node("EMAIL", campaign_id=CAMPAIGN)["conversion_goal_stats"]
    assert (found["Order"]["conversions"], found["Order"]["revenue"], found["App"]["conversions"]) == (1, 12.5, 1)


@pytest.mark.parametrize(
    ("kind", "node", "key"),
    [
        ("Campaign", "campaign_control_group", "user_removed_due_to_campaing_control_group"),
        ("Global", "global_control_group", "user_removed_due_to_global_control_group"),
    ],
)
def test_control_groups(asker: Asker, kind: str, node: str, key: str) -> None:
    """A user who is held out counts in the node of the group."""
    told = {"moe_control_group_type": kind}
    _send(asker, stream_event("MOE_CAMPAIGN_USER_REMOVED_DUE_TO_CONTROL_GROUP", attributes=told))

    assert asker.node("EMAIL", campaign_id=CAMPAIGN, variation=node)["failure_breakdown"] == {key: 1}
    assert _is_clean(asker)


def test_impressions_of_ios_are_chosen_in_the_address(asker: Asker) -> None:
    """Where no event of receiving comes from iOS, sends can be counted as impressions."""
    _send(asker, stream_event("n_i_s", channel="PUSH"), door=f"{DOOR}?ios_impressions=sent")

    assert _counts(asker, "ios")[0] == {"attempted": 1, "sent": 1, "impression": 1}
    assert asker.request("POST", f"{DOOR}?ios_impressions=all", json=[]).status_code == 400


def test_two_workspaces(new_workspace: Callable[..., Asker]) -> None:
    """The same stream into two workspaces counts in both; neither sees what the other set aside."""
    one, other = new_workspace(), new_workspace()
    event = stream_event()

    assert [_send(asker, event, "bad")["accepted"] for asker in (one, other)] == [1, 1]
    _send(other, "worse")

    assert _counts(one, "EMAIL") == _counts(other, "EMAIL")
    assert (_rejected(one)["total"], _rejected(other)["total"]) == (1, 2)


def test_who_may_send_and_who_may_look(server: Server, asker: Asker) -> None:
    """The key at the vendor's can only write; what was set aside has persons in it, so it is for administrators."""
    writer = Asker(asker.url, asker.workspace_id, server.create_key(asker.workspace_id, Scope.EVENTS_WRITE))
    reader = Asker(asker.url, asker.workspace_id, server.create_key(asker.workspace_id, Scope.STATS_READ))

    statuses = [
        [one.request("POST", DOOR, json=[]).status_code, one.request("GET", f"{DOOR}/rejected").status_code]
        for one in (asker, writer, reader)
    ]

    assert statuses == [[200, 200], [200, 403], [403, 403]]


def test_the_two_ways_to_sign_in(asker: Asker) -> None:
    """Basic as it is documented, or a header that stays the same; a wrong one is refused in either."""
    pair = f"{asker.workspace_id}:{asker.secret}"
    basic = base64.b64encode(pair.encode()).decode()

    def status(**headers: str) -> int:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return httpx.post(asker.url + DOOR, json=stream_batch(stream_event()), headers=named).status_code

    assert status(authorization=f"Basic {basic}", content_type="application/json") == 200
    assert status(x_aftersend_key=pair) == 200
    assert status() == 401
    assert status(x_aftersend_key=f"{asker.workspace_id}:wrong") == 401
    assert status(x_aftersend_key=asker.secret) == 401
    assert httpx.get(f"{asker.url}/v1/campaigns", headers={"x-aftersend-key": pair}).status_code == 401


@pytest.mark.parametrize("path", ["/v1/sources/pigeons", "/v1/sources/pigeons/rejected"])
def test_sources_that_there_are_not(asker: Asker, path: str) -> None:
    """Another source is not found."""
    method = "GET" if path.endswith("rejected") else "POST"

    assert asker.request(method, path, content=None if method == "GET" else b"[]").status_code == 404


def test_too_much_at_once(asker: Asker) -> None:
    """More than a batch may have cannot be kept, and is not claimed to be."""
    assert asker.request("POST", DOOR, content=b"[" + b"{}," * 50_000 + b"{}]").status_code == 413
    assert _rejected(asker)["total"] == 0


def test_what_cannot_be_set_aside_is_asked_for_again(
    asker: Asker, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is acknowledged that is not durable: a registry that refuses is a 503, and the next try counts once."""

    def refuse(*_: Any) -> int:
        raise StoreUnavailable("not now")

    batch = stream_batch(stream_event(), "bad")
    with monkeypatch.context() as patch:
        patch.setattr(type(server.parts.registry.set_aside), "keep", refuse)
        answer = asker.request("POST", DOOR, json=batch)
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)

    assert len(asker.request("POST", DOOR, json=batch).json()["rejected"]) == 1
    assert _counts(asker, "EMAIL")[0] == {"opened": 1}
    assert _rejected(asker)["total"] == 1


def test_a_person_who_is_erased_leaves_what_was_set_aside(asker: Asker) -> None:
    """An erasure takes the events that were never counted, too."""
    bad = [stream_event(event_time="soon", user_attributes={"moengage_user_id": user}) for user in ("ann-77", "bob-78")]
    _send(asker, *bad, stream_event(user_attributes={"moengage_user_id": "ann-77"}))

    begun = asker.request("DELETE", "/v1/users/ann-77")
    assert begun.status_code == 202
    while asker.request("GET", begun.headers["location"]).json()["status"] not in ("purging", "done"):
        pass

    (kept,) = _rejected(asker)["events"]
    assert "bob-78" in kept["raw"]


def test_who_sent_what_is_told(asker: Asker) -> None:
    """Events that came through this door say so to the audit."""
    asker.send(
        {"event_id": "x", "kind": "opened", "campaign_id": CAMPAIGN, "user_id": "u", "time": NOON, "channel": "EMAIL"}
    )
    _send(asker, stream_event(event_uuid="x"))

    (violation,) = asker.request("GET", "/v1/audit").json()["violations"]

    assert violation["identity"] == "one_body_an_id"
    assert [source["source"] for source in violation["sources"]] == ["moengage-streams"]
