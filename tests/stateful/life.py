"""A life: what is done to two workspaces of a real server in any order, each step held against model and oracle."""

import signal
import time
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from agreement.sending import difference, read
from builders import STATS, Asker, Json
from oracle import answer
from stateful import words
from stateful.house import House
from stateful.survivors import Arrival, Erasure, Happening, Retraction, survivors, used_up

ZONES = ("UTC", "Asia/Kolkata")
_PATIENCE_SECONDS = 60
_STEPS_BETWEEN_RESTARTS = 12

_places = st.sampled_from((0, 1))
_profiles = st.sampled_from(("documented", "live"))
_signals = st.sampled_from((signal.SIGTERM, signal.SIGKILL))


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup by its name, and what had happened and was registered when it was made."""

    backup: str
    life: list[Happening]
    campaigns: list[dict[str, Json]]


class Life(RuleBasedStateMachine):
    """Two workspaces which use the same ids for different things, from their creation on."""

    house: ClassVar[House]

    def __init__(self) -> None:
        super().__init__()
        self._life: list[Happening] = []
        self._campaigns: list[dict[str, Json]] = [{}, {}]
        self._askers: list[Asker] = []
        self._kept: Kept | None = None
        self._steps = 0

    @initialize()
    def move_in(self) -> None:
        """Begin with two workspaces that have nothing but their campaigns."""
        self._askers = [self.house.move_in(zone) for zone in ZONES]
        for place in (0, 1):
            for name in words.CAMPAIGN_IDS:
                self._put(place, {"id": name, "name": name, "channel": words.CHANNELS[name]})

    @rule(place=_places, batch=words.message_batches)
    def send_messages(self, place: int, batch: list[Json]) -> None:
        """Send message events, some under ids that have been there."""
        self._send(place, "message-events", batch)

    @rule(place=_places, batch=words.user_batches)
    def send_user_events(self, place: int, batch: list[Json]) -> None:
        """Send what users did; goals wait for it."""
        self._send(place, "user-events", batch)

    @rule(place=_places, batch=words.spoiled_batches, spoiling=words.spoilings)
    def send_a_bad_event(self, place: int, batch: list[Json], spoiling: Json) -> None:
        """Send a batch whose last event cannot be taken in; its id stays free."""
        self._send(place, "message-events", batch[:-1], [batch[-1] | spoiling])

    @precondition(lambda self: any(isinstance(one, Arrival) for one in self._life))
    @rule(place=_places, which=st.integers(0, 1000), other_body=st.booleans())
    def send_again(self, place: int, which: int, other_body: bool) -> None:
        """Send something once more, or something else under its id; perhaps to the workspace that has not had it."""
        arrived = [one.event for one in self._life if isinstance(one, Arrival)]
        event = arrived[which % len(arrived)]
        changed = event | {"user_id": "another", "time": event["time"] + 1} if other_body else event
        self._send(place, "message-events" if "kind" in event else "user-events", [changed, event])

    @rule(place=_places, campaign=words.campaigns())
    def edit_campaign(self, place: int, campaign: Json) -> None:
        """Change the goals, platforms and control groups of a campaign."""
        self._put(place, campaign)

    @rule(place=_places, event_ids=words.some_ids)
    def retract(self, place: int, event_ids: list[str]) -> None:
        """Take events back, whether they are there, have gone already or have never come."""
        name = self._askers[place].workspace_id
        ids = set(event_ids)
        there = {event["event_id"] for event in survivors(self._life, name)} & ids
        unknown = [one for one in dict.fromkeys(event_ids) if one not in used_up(self._life, name)]
        self._life.append(Retraction(name, tuple(event_ids)))

        done = self._call(place, "POST", "/v1/retractions", json={"event_ids": event_ids, "reason": "a mistake"})

        told = {key: done[key] for key in ("status", "event_ids", "events_removed", "unknown_event_ids")}
        expected = {"status": "done", "event_ids": len(ids), "events_removed": len(there), "unknown_event_ids": unknown}
        assert told == expected

    @rule(place=_places, user=words.users, killed=st.booleans())
    def erase(self, place: int, user: str, killed: bool) -> None:
        """Have a user erased, perhaps with the server killed as soon as it has promised to."""
        name = self._askers[place].workspace_id
        theirs = [event for event in survivors(self._life, name) if event["user_id"] == user]
        self._life.append(Erasure(name, user))

        begun = self._call(place, "DELETE", f"/v1/users/{quote(user, safe='')}")

        if killed and self._steps >= _STEPS_BETWEEN_RESTARTS:
            self._restart(signal.SIGKILL)
        out = self._out(place, begun["id"])
        assert out["events_removed"] == len(theirs)

    @precondition(lambda self: self._steps >= _STEPS_BETWEEN_RESTARTS)
    @rule(number=_signals)
    def restart(self, number: signal.Signals) -> None:
        """Stop the server as an operator does, or kill it, and start it again."""
        self._restart(number)

    @precondition(lambda self: self._steps >= _STEPS_BETWEEN_RESTARTS and self._kept is None)
    @rule()
    def back_up(self) -> None:
        """Make a backup while the server works, and remember what it must have."""
        self._kept = Kept(self.house.back_up(), list(self._life), [dict(each) for each in self._campaigns])

    @precondition(lambda self: self._steps >= _STEPS_BETWEEN_RESTARTS and self._kept is not None)
    @rule(number=_signals)
    def go_back(self, number: signal.Signals) -> None:
        """Lose the server with its folder, and go on from the backup: what came after it has not happened."""
        assert self._kept
        self.house.move(self._kept.backup, number)
        self._life, self._campaigns, self._kept = self._kept.life, self._kept.campaigns, None
        self._steps = 0

    @rule(place=_places, request=words.questions(), profile=_profiles)
    def ask(self, place: int, request: Json, profile: str) -> None:
        """Ask, and hold the answer against the oracle's over what survived."""
        self._compare(place, request, profile)

    def teardown(self) -> None:
        """At the end ask about everything, in both ways of counting, in both workspaces."""
        if not self._askers:
            return
        for place in (0, 1):
            for metric, profile in (("TOTAL", "documented"), ("UNIQUE", "live")):
                request = {"start_date": "2025-12-20", "end_date": "2026-01-10", "metric_type": metric}
                common = {"request_id": "end", "campaign_ids": list(words.CAMPAIGN_IDS)}
                self._compare(place, common | request | {"attribution_type": "VIEW_THROUGH"}, profile)
            name = self._askers[place].workspace_id
            messages = [event for event in survivors(self._life, name) if "kind" in event]
            assert self._call(place, "GET", "/v1/audit")["events_checked"] == len(messages)

    def _call(self, place: int, method: str, path: str, **options: Any) -> Any:
        # The step is counted here because every rule comes by.
        self._steps += 1
        return self._request(place, method, path, **options)

    def _request(self, place: int, method: str, path: str, **options: Any) -> Any:
        asker = self._askers[place]
        called = Asker(self.house.url, asker.workspace_id, asker.secret).request(method, path, **options)
        assert called.is_success, called.text
        return called.json()

    def _put(self, place: int, campaign: Json) -> None:
        self._campaigns[place][campaign["id"]] = campaign
        self._call(place, "PUT", f"/v1/campaigns/{campaign['id']}", json=campaign)

    def _send(self, place: int, stream: str, good: list[Json], bad: list[Json] | None = None) -> None:
        name = self._askers[place].workspace_id
        before = len(survivors(self._life, name))
        self._life += [Arrival(name, event) for event in good]
        new = len(survivors(self._life, name)) - before

        receipt = self._call(place, "POST", f"/v1/{stream}", json=good + (bad or []))

        rejected = [row["index"] for row in receipt["rejected"]]
        expected = (new, len(good) - new, [len(good)] if bad else [])
        assert (receipt["accepted"], receipt["duplicates"], rejected) == expected

    def _out(self, place: int, removal: str) -> Json:
        """Wait until no answer has the events of a removal."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            # Not a step: how often this is asked is a matter of time, and a life must be the same each time.
            found: Json = self._request(place, "GET", f"/v1/removals/{removal}")
            if found["status"] in ("purging", "done"):
                return found
            assert time.monotonic() < deadline, found
            time.sleep(0.01)

    def _restart(self, number: signal.Signals) -> None:
        self.house.restart(number)
        self._steps = 0

    def _compare(self, place: int, request: Json, profile: str) -> None:
        asker = self._askers[place]
        known = {"id": asker.workspace_id, "timezone": ZONES[place]}
        campaigns = list(self._campaigns[place].values())
        expected = answer(known, campaigns, survivors(self._life, asker.workspace_id), request, profile)
        headers = {"MOE-APPKEY": asker.workspace_id, "X-Stats-Profile": profile}
        here = Asker(self.house.url, asker.workspace_id, asker.secret)
        found = here.request("POST", STATS, json=request, headers=headers)
        assert found.status_code == 200, found.text
        told = difference(read(found.content), expected)
        assert told is None, f"{told}; {profile}, {request}"
