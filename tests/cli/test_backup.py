"""A backup made while the server works, restored: what was acknowledged is there once, what was removed is not."""

import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import httpx

from builders import Json, message_event
from cli.desk import Desk, Serving

EMAIL = {"id": "c1", "name": "One", "channel": "EMAIL"}


def _elsewhere(desk: Desk, workspace: str | None = None) -> Desk:
    return replace(desk, data=desk.files / "restored", workspace=workspace or desk.workspace)


def _filled(desk: Desk) -> None:
    """Give the desk a workspace with events."""
    desk.create_workspace()
    desk.put_campaigns(EMAIL)
    desk.load(_quiet(desk))


def _messages(name: str, users: int = 50) -> list[Json]:
    """For each user a message that is attempted and sent."""
    return [
        message_event(kind, event_id=f"{name}-{kind}-{n}", user_id=f"u{n}")
        for n in range(users)
        for kind in ("attempted", "sent")
    ]


def _quiet(desk: Desk) -> Path:
    return desk.write("quiet.ndjson", *_messages("q"))


def _backup(desk: Desk, *words: str) -> Json:
    made: Json = desk.run("backup", "backups", "--json", *words).json
    return made


def _restore(desk: Desk, *words: str, status: int = 0) -> Json:
    said = desk.run("restore", "backups", "--data", "restored", "--json", *words, status=status)
    found: Json = said.json
    return found


class Torrent:
    """A thread that sends new events all the time, and knows which were acknowledged."""

    def __init__(self, serving: Serving, secret: str) -> None:
        self.batches: list[list[Json]] = []
        self._serving = serving
        self._key = ("busy", secret)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Torrent":
        self._thread.start()
        while len(self.batches) < 5:
            assert self._thread.is_alive()
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=60)

    def _run(self) -> None:
        with httpx.Client(auth=self._key, timeout=60) as client:
            while not self._stop.is_set():
                batch = _messages(f"b{len(self.batches)}")
                answer = client.post(f"{self._serving.url}/v1/message-events", json=batch)
                assert answer.json() == {"accepted": 100, "duplicates": 0, "rejected": []}, answer.text
                self.batches.append(batch)


def test_a_backup_while_events_come_in(desk: Desk) -> None:
    """Everything that was acknowledged before is there once, a quiet workspace answers as before, ids stay known."""
    _filled(desk)
    busy = replace(desk, workspace="busy")
    secret = busy.create_workspace()
    busy.put_campaigns(EMAIL)
    # Nobody reads what it would say about every request, and a full pipe stops who writes into it.
    with desk.serving(AFTERSEND_LOG_LEVEL="error") as serving:
        with Torrent(serving, secret) as torrent:
            before = list(torrent.batches)
            first = _backup(desk)
            second = _backup(desk)
        answer = desk.stats("c1")
        assert not any(desk.data.glob("snapshots/*"))
        assert not any(desk.data.glob("ledger/shadow/snapshot_*"))
        refused = httpx.post(f"{serving.url}/v1/snapshots", auth=("busy", secret))
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_allowed")
    assert second["new_parts"] < second["parts"]

    report = _restore(desk, "--backup", first["name"])
    assert report["rows"] == first["rows"]
    assert [(audit["workspace_id"], audit["clean"]) for audit in report["audits"]] == [("acme", True), ("busy", True)]

    with _elsewhere(desk).serving() as serving:
        assert json.dumps(_elsewhere(desk).stats("c1")) == json.dumps(answer)
        held = _elsewhere(desk, "busy").sent("c1")
        assert 2 * held == first["rows"]["message_events"] - 100
        assert held >= 50 * len(before)
        for number, batch in enumerate(torrent.batches[: held // 50]):
            receipt = httpx.post(f"{serving.url}/v1/message-events", json=batch, auth=("busy", secret)).json()
            assert receipt == {"accepted": 0, "duplicates": 100, "rejected": []}, number
        assert _elsewhere(desk, "busy").sent("c1") == held


def test_what_was_removed_stays_removed(desk: Desk) -> None:
    """A retraction and an erasure hold after restoring, and the ids of both stay used up; the registry is whole."""
    _filled(desk)
    desk.run("retract", "q-sent-1", "q-attempted-1", "--workspace", desk.workspace, "--reason", "a mistake")
    desk.run("erase", "u7", "--workspace", desk.workspace)
    first = _backup(desk)
    assert (first["rows"]["message_events"], first["rows"]["spent"]) == (96, 4)

    _restore(desk)

    restored = _elsewhere(desk)
    assert restored.sent("c1") == 48
    report = restored.load(_quiet(desk))
    assert (report["accepted"], report["duplicates"]) == (0, 100)
    assert restored.sent("c1") == 48
    for words in (("workspace", "list"), ("key", "list", "--workspace", desk.workspace)):
        assert restored.run(*words).out == desk.run(*words).out
    assert restored.run("removals", "--workspace", "acme", "--json").json["total"] == 2
    restored.put_campaigns({"id": "c2", "name": "Two", "channel": "SMS"})


def test_a_second_backup_copies_what_is_new(desk: Desk) -> None:
    """A second backup copies new parts only, and pruning leaves what the newest needs."""
    _filled(desk)
    first = _backup(desk)
    desk.load(desk.write("more.ndjson", message_event(event_id="more", user_id="u9")))
    second = _backup(desk, "--keep", "1")

    assert first["new_parts"] == first["parts"]
    assert (second["new_parts"], second["parts"]) == (1, first["parts"] + 1)
    assert second["removed_backups"] == [first["name"]]
    assert [one["name"] for one in desk.run("backup", "backups", "--list", "--json").json["backups"]] == [
        second["name"]
    ]
    assert _restore(desk, "--no-audit")["rows"]["message_events"] == 101


def test_what_cannot_be_restored(desk: Desk) -> None:
    """A damaged file, a folder that is not empty and a layout of the future are refused, and nothing is left."""
    _filled(desk)
    made = _backup(desk)
    restored = desk.files / "restored"
    words = ("restore", "backups", "--data", "restored")

    manifest = desk.files / "backups" / "manifests" / f"{made['name']}.json"
    whole = json.loads(manifest.read_text())
    for newer in (
        {"ledger_steps": whole["ledger_steps"] | {"99": "x"}},
        {"registry_step": "0099"},
        {"format": 2},
    ):
        manifest.write_text(json.dumps(whole | newer))
        assert "upgrade aftersend" in desk.run(*words, status=2).err
    manifest.write_text(json.dumps(whole))

    assert "is not empty" in desk.run("restore", "backups", "--data", desk.data, status=2).err
    assert "no backup nothing" in desk.run(*words, "--backup", "nothing", status=2).err

    damaged = max((desk.files / "backups" / "parts").rglob("*.bin"), key=lambda file: file.stat().st_size)
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    assert "is damaged" in desk.run(*words, status=2).err
    assert not restored.exists()
    assert not [file for file in desk.files.iterdir() if "restoring" in file.name]


def test_an_audit_that_is_not_clean(desk: Desk) -> None:
    """Numbers that did not add up before do not after, and the exit status says so."""
    _filled(desk)
    desk.load(desk.write("never-attempted.ndjson", message_event("sent", event_id="o1", user_id="nobody")))
    _backup(desk)

    assert _restore(desk, status=1)["clean"] is False
    assert _elsewhere(desk).sent("c1") == 51


def test_good_backups_are_kept_from_mistakes(desk: Desk) -> None:
    """A folder without a ledger is refused and pushes nothing out; a stored file that is gone is copied again."""
    _filled(desk)
    made = _backup(desk)
    empty = Desk(desk.files / "empty", desk.files)
    empty.data.mkdir()
    assert "there is no ledger" in empty.run("backup", "backups", "--keep", "1", status=1).err
    assert [one["name"] for one in _backup(desk, "--list")["backups"]] == [made["name"]]

    gone = max((desk.files / "backups" / "parts").rglob("data.bin"), key=lambda file: file.stat().st_size)
    gone.unlink()
    assert _backup(desk)["new_parts"] >= 1
    assert gone.exists()
    assert _restore(desk)["clean"]
