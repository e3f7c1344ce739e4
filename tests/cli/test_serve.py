"""A server as an operator runs it: it starts, changes reach it, it stops, and what it has acknowledged is there."""

import re
import shlex
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from builders import STATS, Json, message_event, question
from cli.desk import Desk, Serving

BATCH_EVENTS = 200


@dataclass(slots=True)
class Sender:
    """Sends batch after batch until it is refused, and remembers which were acknowledged."""

    name: str
    acknowledged: list[list[Json]] = field(default_factory=list)
    unanswered: list[list[Json]] = field(default_factory=list)

    def send_until_refused(self, url: str, secret: str) -> None:
        """Send events of new ids until the server does not answer any more."""
        with httpx.Client(base_url=url, auth=("acme", secret), timeout=30) as client:
            for number in range(100_000):
                batch = [
                    message_event(event_id=f"{self.name}-{number}-{place}", channel="EMAIL", user_id=f"u{place}")
                    for place in range(BATCH_EVENTS)
                ]
                try:
                    answer = client.post("/v1/message-events", json=batch)
                except httpx.TransportError:
                    self.unanswered.append(batch)
                    return
                if answer.status_code != 200:
                    assert answer.status_code == 503, answer.text
                    self.unanswered.append(batch)
                    return
                assert answer.json() == {"accepted": BATCH_EVENTS, "duplicates": 0, "rejected": []}
                self.acknowledged.append(batch)


def _stopped_while_sending(desk: Desk, secret: str, number: int) -> tuple[list[Sender], int]:
    """Stop a server by a signal in the middle of its work; return who sent what, and how it ended."""
    senders = [Sender(f"sender{place}") for place in range(4)]
    with desk.serving() as serving:
        threads = [threading.Thread(target=one.send_until_refused, args=(serving.url, secret)) for one in senders]
        for thread in threads:
            thread.start()
        while sum(len(one.acknowledged) for one in senders) < 40:
            assert any(thread.is_alive() for thread in threads)
        ended = serving.stop(number)
        for thread in threads:
            thread.join(timeout=60)
    return senders, ended


def _sent_again(serving: Serving, secret: str, batches: Iterator[list[Json]]) -> tuple[int, int]:
    """Send batches again; return how many of their events were new, and how many were there already."""
    accepted = duplicates = 0
    for batch in batches:
        receipt = httpx.post(f"{serving.url}/v1/message-events", json=batch, auth=("acme", secret), timeout=60).json()
        accepted, duplicates = accepted + receipt["accepted"], duplicates + receipt["duplicates"]
    return accepted, duplicates


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_that_was_acknowledged_is_lost(desk: Desk, number: signal.Signals) -> None:
    """Whether it is asked to stop or killed in the middle of its work: what was acknowledged is there, once."""
    secret = desk.create_workspace()

    senders, ended = _stopped_while_sending(desk, secret, number)

    assert ended == (-signal.SIGKILL if number == signal.SIGKILL else 0)
    with desk.serving() as serving:
        acknowledged = sum(len(one.acknowledged) for one in senders) * BATCH_EVENTS
        found = desk.sent("c1")
        again = _sent_again(serving, secret, (batch for one in senders for batch in one.acknowledged))
        # What was on its way may be there or not, but only whole batches are.
        late, there = _sent_again(serving, secret, (batch for one in senders for batch in one.unanswered))
        assert again == (0, acknowledged)
        assert found == acknowledged + there
        assert (late % BATCH_EVENTS, there % BATCH_EVENTS) == (0, 0)
        assert desk.sent("c1") == acknowledged + late + there


def test_a_clean_stop_leaves_nothing_behind(desk: Desk) -> None:
    """A server that was asked to stop takes its address away, says that it stopped, and finds nothing to mend later."""
    desk.create_workspace()
    with desk.serving() as serving:
        assert serving.stop() == 0
        told = serving.process.stderr.read() if serving.process.stderr else ""

    assert '"event": "stopped"' in told
    assert "Traceback" not in told
    assert not (desk.data / "server.json").exists()
    assert "no server runs" in desk.run("doctor").out


def test_changes_reach_a_running_server(served_desk: Desk, serving: Serving) -> None:
    """Workspaces, keys and campaigns that are changed beside a running server hold in it from the next call on."""
    secret = served_desk.create_workspace()
    workspace = served_desk.workspace

    def status(key: str) -> int:
        return httpx.get(f"{serving.url}/v1/campaigns/c1", auth=(workspace, key)).status_code

    before = status(secret)
    served_desk.put_campaigns({"id": "c1", "name": "Beside", "channel": "SMS"})
    after = status(secret)
    made = served_desk.run("key", "create", "--workspace", workspace, "--scope", "stats:read").json
    limited = status(made["secret"])
    served_desk.run("key", "revoke", made["id"], "--workspace", workspace)
    revoked = status(made["secret"])

    assert (before, after, limited, revoked) == (404, 200, 403, 401)
    served_desk.run("workspace", "update", workspace, "--switch-off", "stats")
    asked = httpx.post(
        serving.url + STATS, json=question(), auth=(workspace, secret), headers={"MOE-APPKEY": workspace}
    )
    assert asked.status_code == 403


def test_a_folder_has_one_server(served_desk: Desk, serving: Serving) -> None:
    """A second server on the folder is refused, and the first one goes on; so is one on a port that is taken."""
    port = serving.url.rpartition(":")[2]

    taken = served_desk.run("serve", "--port", "0", status=1).err
    busy = Desk(served_desk.files / "other", served_desk.files).run("serve", "--port", port, status=1).err

    assert "is in use by another process" in taken
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in busy
    assert httpx.get(f"{serving.url}/readyz").status_code == 200


def test_the_demo_prints_commands_that_work_as_pasted(desk: Desk) -> None:
    """The demo's own questions, taken from what it prints, are answered with numbers; then its folder is gone."""
    with desk.start("demo", "--port", "0", "--users", "1000", "--last-day", "2026-01-31") as process:
        assert process.stdout
        printed = ""
        while "Leave campaign_ids out" not in printed:
            line = process.stdout.readline()
            assert line, process.stderr.read() if process.stderr else ""
            printed += line
        answers = [_pasted(command) for command in re.findall(r"^curl .*(?:\n  .*)+", printed, re.MULTILINE)]
        compared = re.search(r"^curl -s (\S+/uplift) -u (\S+):(\S+)$", printed, re.MULTILINE)
        assert compared
        uplift = httpx.get(compared[1], auth=(compared[2], compared[3]), timeout=60).json()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0

    assert uplift["goals"][0]["intention_to_treat"]["comparisons"]
    month, sample = (next(iter(answer.json()["data"].values()))[0]["platforms"] for answer in answers)
    assert month["EMAIL"]["locales"]["all_locales"]["variations"]["all_variations"]["performance_stats"]["sent"] > 50
    assert sample["android"]["locales"]["all_locales"]["variations"]["all_variations"]["performance_stats"]["sent"] == 2


def _pasted(command: str) -> httpx.Response:
    """Send what a curl command would."""
    words = iter(shlex.split(command.replace("\\\n", " "))[1:])
    url, body, headers, key = "", "", dict[str, str](), ("", "")
    for word in words:
        if word == "-u":
            workspace, _, secret = next(words).partition(":")
            key = (workspace, secret)
        elif word == "-H":
            name, _, text = next(words).partition(": ")
            headers[name] = text
        elif word == "-d":
            body = next(words)
        elif word != "-s":
            url = word
    return httpx.post(url, content=body, headers=headers, auth=key)
