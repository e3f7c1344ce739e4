"""`GET /v1/audit`: every identity that events can break is found broken, with the events that show it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from aftersend.app import now
from aftersend.domain.workspaces import Feature, Scope
from builders import NOON, Asker, Json, campaign, message_event
from server import Server

DAY = 86_400_000
ONE_DAY = {"start_date": "2026-01-01", "end_date": "2026-01-01"}


def _audit(asker: Asker, **query: str) -> Json:
    answer = asker.request("GET", "/v1/audit", params=query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def _short(answer: Json) -> list[tuple[Any, ...]]:
    return [
        (one["identity"], one["severity"], one["day"], one["expected"], one["found"]) for one in answer["violations"]
    ]


def _examples(answer: Json) -> list[list[str]]:
    return [one["example_event_ids"] for one in answer["violations"]]


def _message(user: str, *kinds: str, **fields: Any) -> list[Json]:
    """The events of one message, with ids made of the user and the kind."""
    return [
        message_event(kind, event_id=f"{user}-{kind}", user_id=user, **fields)
        | ({"reason": "do_not_disturb"} if kind in ("failed", "removed", "undelivered") else {})
        for kind in kinds
    ]


@pytest.fixture
def sent(asker: Asker) -> Asker:
    """An e-mail campaign with a clean send to four users, one of whom was removed and one of whom failed."""
    asker.put_campaign("c1", campaign())
    asker.send(
        *_message("u1", "targeted", "attempted", "sent", "delivered", "opened"),
        *_message("u2", "targeted", "attempted", "sent", "undelivered", locale="de", variation="b"),
        *_message("u3", "targeted", "attempted", "failed"),
        *_message("u4", "targeted", "removed"),
        message_event("opened", machine=True, time=NOON + DAY),
    )
    return asker


def test_a_clean_send(sent: Asker) -> None:
    """Where everything adds up the answer says so, and what was looked at."""
    assert _audit(sent) == {
        "workspace_id": sent.workspace_id,
        "start_date": None,
        "end_date": None,
        "campaigns_checked": 1,
        "events_checked": 15,
        "clean": True,
        "violations": [],
        "truncated": False,
    }


def test_days_and_campaigns_can_be_chosen(sent: Asker) -> None:
    """Only the asked days of the asked campaigns are looked at."""
    sent.put_campaign("c2", campaign())
    sent.send(message_event("attempted", campaign_id="c2"))

    by_day = _audit(sent, start_date="2026-01-02", end_date="2026-01-02")

    assert (by_day["events_checked"], by_day["campaigns_checked"], by_day["clean"]) == (1, 2, True)
    assert by_day["start_date"] == "2026-01-02"
    assert _audit(sent, campaign_ids="c1")["clean"]
    assert not _audit(sent, campaign_ids="c1,c2", **ONE_DAY)["clean"]


def test_an_attempt_without_an_outcome(sent: Asker) -> None:
    """It is an error of its day and over all days, and is among the examples, alone."""
    sent.send(*_message("lost", "targeted", "attempted"))

    answer = _audit(sent)

    assert not answer["clean"]
    assert _short(answer) == [
        ("attempted_has_outcome", "error", None, 4, 3),
        ("attempted_has_outcome", "error", "2026-01-01", 4, 3),
    ]
    assert _examples(answer) == [["lost-attempted"], ["lost-attempted"]]
    assert answer["violations"][0]["platform"] is None
    assert "1 attempted without an outcome" in answer["violations"][0]["message"]


def test_a_late_outcome_mends_it(sent: Asker) -> None:
    """When the outcome comes in, however late, the violation is gone."""
    sent.send(*_message("lost", "targeted", "attempted"))
    assert not _audit(sent)["clean"]

    sent.send(*_message("lost", "failed", time=NOON + 1000))

    assert _short(_audit(sent)) == []


def test_an_outcome_too_many(sent: Asker) -> None:
    """A message that was both sent and failed is found by its two outcomes."""
    sent.send(*_message("u1", "failed"))

    answer = _audit(sent)

    assert _short(answer)[1] == ("attempted_has_outcome", "error", "2026-01-01", 3, 4)
    assert _examples(answer) == [["u1-failed", "u1-sent"]] * 2


def test_a_send_past_midnight(sent: Asker) -> None:
    """An outcome on the day after is information on both days, and clean."""
    sent.send(*_message("late", "attempted"), *_message("late", "sent", time=NOON + DAY))

    answer = _audit(sent)

    assert answer["clean"]
    assert _short(answer) == [
        ("attempted_has_outcome", "info", "2026-01-01", 4, 3),
        ("attempted_has_outcome", "info", "2026-01-02", 0, 1),
    ]
    assert _examples(answer) == [["late-attempted"], ["late-sent"]]


def test_an_attempt_of_today(sent: Asker) -> None:
    """An outcome that may still be on its way is information."""
    sent.send(message_event("attempted", event_id="new", user_id="u9", time=(now() - timedelta(minutes=1)).isoformat()))

    answer = _audit(sent)

    assert answer["clean"]
    assert [(row[0], row[1]) for row in _short(answer)] == [("attempted_has_outcome", "info")] * 2
    assert _examples(answer) == [["new"], ["new"]]


def test_devices_and_platforms_are_told_apart(asker: Asker) -> None:
    """For push the message to one device of a user is found among those to the others, on its platform."""
    asker.put_campaign("p1", campaign("PUSH", platforms=["ANDROID", "IOS"]))
    for device, kinds in {"d1": ("attempted", "sent"), "d2": ("attempted",)}.items():
        asker.send(
            *(
                message_event(kind, campaign_id="p1", event_id=f"{device}-{kind}", device_id=device, platform="IOS")
                for kind in kinds
            )
        )
    asker.send(
        *(message_event(kind, campaign_id="p1", device_id="d3", platform="ANDROID") for kind in ("attempted", "sent"))
    )

    answer = _audit(asker)

    assert [one["platform"] for one in answer["violations"]] == ["IOS", "IOS"]
    assert _examples(answer) == [["d2-attempted"]] * 2


def test_a_sender_that_does_not_report_attempts(asker: Asker) -> None:
    """It is named as such, as a warning, and not as a gap between attempts and outcomes."""
    asker.put_campaign("c1", campaign())
    asker.send(*_message("u1", "sent"), *_message("u2", "sent", time=NOON + 1))

    answer = _audit(asker)

    assert _short(answer) == [("attempts_are_reported", "warning", None, 2, 0)]
    assert _examples(answer) == [["u1-sent", "u2-sent"]]
    assert not answer["clean"]
    assert "does not report attempts" in answer["violations"][0]["message"]


def test_a_failure_without_a_reason(server: Server, asker: Asker) -> None:
    """No such event is let in; one that is in the ledger all the same is found."""
    asker.put_campaign("c1", campaign())
    asker.send(message_event("attempted"), message_event("failed", event_id="bare", reason="any"))
    server.parts.services.stats.engine.command(
        f"ALTER TABLE message_events UPDATE detail = '' WHERE workspace_id = '{asker.workspace_id}' "
        "AND event_id = 'bare' SETTINGS mutations_sync = 1"
    )

    answer = _audit(asker)

    assert _short(answer) == [("failed_has_reason", "error", "2026-01-01", 1, 0)]
    assert _examples(answer) == [["bare"]]


def test_a_failure_after_the_send(sent: Asker) -> None:
    """What strikes after the send is reported as undelivered; as failed it is a warning."""
    sent.send(
        message_event("attempted", user_id="u9"),
        message_event("failed", user_id="u9", event_id="dropped", reason="email_unsubscribe_drop"),
    )

    answer = _audit(sent)

    assert _short(answer) == [("failed_before_send", "warning", "2026-01-01", 2, 1)]
    assert _examples(answer) == [["dropped"]]


def test_a_stage_below_zero(sent: Asker) -> None:
    """Users who were removed without having been targeted are found, and those who were targeted are not."""
    sent.send(
        *(
            message_event("removed", user_id=f"r{n}", event_id=f"r{n}", reason="frequency_cap", time=NOON + n)
            for n in range(7)
        ),
    )

    answer = _audit(sent)

    assert _short(answer) == [
        ("stage_not_negative", "error", None, 0, -3),
        ("stage_not_negative", "error", "2026-01-01", 0, -3),
    ]
    assert _examples(answer) == [["r0", "r1", "r2", "r3", "r4"]] * 2
    assert answer["violations"][0]["message"].startswith("after_fc is -3")


@pytest.mark.parametrize(("send_id", "severity"), [("s1", "error"), (None, "warning")])
def test_users_held_out_and_sent_to(sent: Asker, send_id: str | None, severity: str) -> None:
    """A user who was held out and sent to in the same send is found; one of another send is not."""
    told = {"send_id": send_id} if send_id else {}
    sent.send(
        message_event("held_out", user_id="h1", group="campaign", **told),
        *_message("h1", "attempted", "sent", **told),
        message_event("held_out", user_id="h2", group="global", send_id="s2"),
        *_message("h2", "attempted", "sent", send_id="s3"),
    )

    answer = _audit(sent)

    assert _short(answer) == [("held_out_left_alone", severity, "2026-01-01", 0, 1)]
    assert _examples(answer) == [["h1-attempted", "h1-sent"]]


def test_the_worst_come_first_and_the_rest_is_cut(sent: Asker) -> None:
    """With a limit the errors are shown, and the answer says that there is more."""
    sent.send(*_message("late", "attempted"), *_message("late", "sent", time=NOON + DAY))
    sent.put_campaign("c2", campaign())
    sent.send(message_event("attempted", campaign_id="c2"))

    answer = _audit(sent, limit="2")

    assert [one["severity"] for one in answer["violations"]] == ["error", "error"]
    assert (answer["truncated"], answer["clean"]) == (True, False)
    assert not _audit(sent, limit="4")["truncated"]


def test_workspaces_are_apart(new_workspace: Callable[..., Asker]) -> None:
    """What is wrong in one workspace is not seen in another, though campaigns, users and events are called the same."""
    wrong, right = new_workspace(), new_workspace()
    for asker in (wrong, right):
        asker.put_campaign("c1", campaign())
        asker.send(*_message("u1", "attempted"), *_message("u2", "attempted", "sent"))
        asker.send(message_event("held_out", group="global", user_id=f"{asker.workspace_id}-h"))
    right.send(*_message("u1", "sent"))
    wrong.send(message_event("held_out", group="global", user_id="u2"))

    assert _audit(right)["violations"] == []
    assert {row[0] for row in _short(_audit(wrong))} == {"attempted_has_outcome", "held_out_left_alone"}
    assert _audit(right)["events_checked"] == 5


def test_days_are_those_of_the_workspace(new_workspace: Callable[..., Asker]) -> None:
    """A send that is on one day where the workspace is, is not past midnight."""
    asker = new_workspace("Asia/Tokyo")
    asker.put_campaign("c1", campaign())
    evening = NOON + 11 * 3_600_000
    asker.send(*_message("u1", "attempted", time=evening), *_message("u1", "sent", time=evening + 7_200_000))

    assert _audit(asker)["violations"] == []


def test_a_forgotten_campaign_is_not_checked(sent: Asker) -> None:
    """The events of a campaign that was deleted are in no answer, so nobody checks them."""
    sent.send(*_message("lost", "attempted"))
    sent.request("DELETE", "/v1/campaigns/c1")

    answer = _audit(sent)

    assert (answer["campaigns_checked"], answer["events_checked"], answer["clean"]) == (0, 0, True)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"start_date": "2026-01-01"}, "end_date"),
        ({"end_date": "2026-01-01"}, "start_date"),
        ({"start_date": "2026-01-02", "end_date": "2026-01-01"}, "end_date"),
        ({"start_date": "1.1.2026", "end_date": "2026-01-01"}, "start_date"),
        ({"campaign_ids": ""}, "campaign_ids"),
        ({"campaign_ids": "c1,,c2"}, "campaign_ids"),
        *(({"limit": limit}, "limit") for limit in ("0", "-1", "1001", "ten", "", "²", "9" * 50)),
        ({"campaign": "c1"}, "campaign"),
    ],
)
def test_a_bad_question_names_its_field(sent: Asker, query: dict[str, str], field: str) -> None:
    """A parameter that cannot be used is a 400 that names it."""
    answer = sent.request("GET", "/v1/audit", params=query)

    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)


def test_one_audit_at_a_time(server: Server, sent: Asker) -> None:
    """While an audit is under way another is put off, and statistics are answered all the same."""
    with server.parts.services.audit._working:
        answer = sent.request("GET", "/v1/audit")
        assert sent.node("EMAIL")["performance_stats"]["sent"] == 2

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["error"]["code"] == "overloaded"
    assert _audit(sent)["clean"]


def test_who_may_ask(server: Server, sent: Asker) -> None:
    """An unknown campaign is 404, no key is 401; a key without the scope and a feature that is off are 403."""
    workspace = sent.workspace_id
    writer, reader = (server.create_key(workspace, scope) for scope in (Scope.EVENTS_WRITE, Scope.STATS_READ))

    assert sent.request("GET", "/v1/audit", params={"campaign_ids": "c1,nobody"}).status_code == 404
    assert sent.request("GET", "/v1/audit", auth=(workspace, "wrong")).status_code == 401
    assert sent.request("GET", "/v1/audit", auth=(workspace, writer)).status_code == 403
    assert sent.request("GET", "/v1/audit", auth=(workspace, reader)).status_code == 200
    server.parts.registry.workspaces.update(workspace, features_off=frozenset({Feature.STATS}))
    assert sent.request("GET", "/v1/audit").status_code == 403


def test_days_that_no_event_can_have(asker: Asker) -> None:
    """A range before or after all that the ledger can hold is answered: there is nothing in it."""
    for start, end in (("0001-01-01", "0001-01-01"), ("9999-01-01", "9999-12-31")):
        answer = asker.request("GET", "/v1/audit", params={"start_date": start, "end_date": end})

        assert answer.status_code == 200, answer.text
        assert answer.json()["events_checked"] == 0
