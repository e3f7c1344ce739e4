"""`GET /v1/changes` and the lives of keys over HTTP."""

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from aftersend import app
from aftersend.domain.changes import Thing
from aftersend.upkeep.key_uses import KeyUses
from builders import Asker, Json, campaign, message_event
from fakes import FakeClock
from server import Server

SiteWith = Callable[..., Callable[..., httpx.Response]]


def _changes(asker: Asker, **query: str | int) -> list[Json]:
    answer = asker.request("GET", "/v1/changes", params=query)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["changes"]
    return found


def _key_id(server: Server, asker: Asker) -> str:
    principal = server.parts.registry.keys.authenticate(asker.workspace_id, asker.secret)
    assert principal
    return principal.key_id


def test_what_a_key_changed_is_told(server: Server, asker: Asker) -> None:
    """Registering, changing and forgetting over HTTP are in the trail, under the id of the key that did it."""
    asker.put_campaign("c1", campaign(goals=[{"name": "Order", "event": "purchase"}]))
    asker.request("PATCH", "/v1/campaigns/c1", json={"name": "Renamed"})
    asker.request("PUT", "/v1/global-control-group", json={"mode": "random", "percentage": 5})
    asker.request("PUT", "/core-services/v1/global-control-group/users", json={"users": ["ann", "ben"]})
    asker.request("DELETE", "/v1/campaigns/c1")
    mine = _key_id(server, asker)

    changes = [row for row in _changes(asker) if row["by"] == mine]

    assert [(row["thing"], row["thing_id"], row["action"]) for row in changes] == [
        ("goal", "c1/Order", "removed"),
        ("campaign", "c1", "removed"),
        ("global_control_group", "users", "changed"),
        ("global_control_group", asker.workspace_id, "changed"),
        ("campaign", "c1", "changed"),
        ("goal", "c1/Order", "created"),
        ("campaign", "c1", "created"),
    ]
    renamed = next(row for row in changes if row["action"] == "changed" and row["thing"] == "campaign")
    assert (renamed["before"], renamed["after"]) == ({"name": "A campaign"}, {"name": "Renamed"})


def test_campaigns_that_events_brought_are_those_of_the_sender(server: Server, asker: Asker) -> None:
    """A campaign that an event registered on the fly is told under the key that sent the event."""
    asker.send(message_event(campaign_id="new", channel="EMAIL"))

    (row,) = _changes(asker, thing="campaign")

    assert (row["thing_id"], row["action"], row["by"]) == ("new", "created", _key_id(server, asker))


def test_changes_are_paged(asker: Asker) -> None:
    """Pages are counted from the newest change, and a bad page is named."""
    for number in range(5):
        asker.put_campaign(f"c{number}", campaign())

    answer = asker.request("GET", "/v1/changes", params={"thing": Thing.CAMPAIGN, "offset": 1, "limit": 2}).json()

    assert [row["thing_id"] for row in answer["changes"]] == ["c3", "c2"]
    assert (answer["total"], answer["offset"], answer["limit"]) == (5, 1, 2)
    for query, field in (({"limit": 101}, "limit"), ({"offset": -1}, "offset"), ({"thing": "user"}, "thing")):
        refused = asker.request("GET", "/v1/changes", params=query)
        assert (refused.status_code, refused.json()["error"]["field"]) == (400, field)


def test_workspaces_see_their_own_changes(asker: Asker, new_workspace: Callable[..., Asker]) -> None:
    """Nobody sees what another workspace changed."""
    asker.put_campaign("secret-plan", campaign())

    assert "secret-plan" not in str(_changes(new_workspace()))


def test_a_rotated_key_goes_on_and_ends(server: Server, asker: Asker) -> None:
    """During the overlap both keys are answered; at its end the old one is a 401, without anybody doing anything."""
    keys = server.parts.registry.keys
    done = keys.rotate(asker.workspace_id, _key_id(server, asker), 1)
    new = replace(asker, secret=done.secret)

    assert [one.request("GET", "/v1/campaigns").status_code for one in (asker, new)] == [200, 200]
    keys.rotate(asker.workspace_id, done.old.id, 0)
    assert [one.request("GET", "/v1/campaigns").status_code for one in (asker, new)] == [401, 200]


def test_the_last_use_is_written_later(server: Server, asker: Asker, site_with: SiteWith) -> None:
    """A request only notes its key in memory; a round of keeping writes the newest use of each, once."""
    clock = FakeClock(app.now())
    keys = server.parts.registry.keys
    uses = KeyUses(keys, clock)
    ask = site_with(key_uses=uses)

    def last_use() -> object:
        return next(row.last_used_at for row in keys.all(asker.workspace_id) if row.id == _key_id(server, asker))

    for _ in range(3):
        clock.move(seconds=1)
        assert ask(asker, "GET", "/v1/campaigns").status_code == 200
    assert last_use() is None
    uses.keep()
    assert last_use() == clock.moment
    kept = server.parts.registry.database.version()
    uses.keep()
    assert server.parts.registry.database.version() == kept


def test_uses_are_kept_by_a_thread(server: Server, asker: Asker) -> None:
    """What was noted is written when the thread is stopped, even if its minute has not passed."""
    keys = server.parts.registry.keys
    clock = FakeClock(app.now())
    uses = KeyUses(keys, clock)
    uses.start()
    uses.note(_key_id(server, asker))
    uses.note("operator")
    uses.stop()

    assert [row.last_used_at for row in keys.all(asker.workspace_id)] == [clock.moment]


@pytest.mark.parametrize("noted", [{}, {"nobody": app.now()}])
def test_keeping_nothing_is_harmless(server: Server, noted: dict[str, object]) -> None:
    """No use, and the use of a key that is gone, are kept without an error."""
    uses = KeyUses(server.parts.registry.keys, app.now)
    for key_id in noted:
        uses.note(key_id)

    uses.keep()
