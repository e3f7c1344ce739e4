"""Keys that end and are rotated, and the trail of changes, on the command line."""

from datetime import datetime, timedelta

from aftersend import app
from cli.desk import Desk


def _keys(desk: Desk) -> dict[str, dict[str, object]]:
    return {row["id"]: row for row in desk.run("key", "list", "--workspace", "acme", "--json").json}


def test_a_key_is_rotated(desk: Desk) -> None:
    """The new secret is printed once, with when the old key ends; both are listed."""
    first = desk.create_workspace()
    (old,) = _keys(desk)

    said = desk.run("key", "rotate", "first key", "--workspace", "acme", "--overlap-hours", "24")

    new = said.json
    ends = datetime.fromisoformat(new["replaces"]["expires_at"])
    assert new["replaces"]["id"] == old
    assert timedelta(hours=23, minutes=59) < ends - app.now() <= timedelta(hours=24)
    assert f"until {ends:%Y-%m-%d %H:%M:%S} UTC" in said.err
    keys = _keys(desk)
    assert (keys[old]["state"], keys[new["id"]]["state"]) == ("ending", "living")
    listed = desk.run("key", "list", "--workspace", "acme").out
    assert new["secret"] not in listed
    assert first not in listed
    assert "ending" in listed


def test_a_key_with_an_end(desk: Desk) -> None:
    """A key that was made for some days says when it ends; a life beyond all bounds is refused."""
    desk.create_workspace()

    made = desk.run("key", "create", "--workspace", "acme", "--name", "guest", "--expires-in-days", "7").json

    assert _keys(desk)[made["id"]]["expires_at"] == made["expires_at"]
    too_long = desk.run("key", "create", "--workspace", "acme", "--expires-in-days", "9999999", status=2)
    assert "expires_at" in too_long.err
    assert "no living key" in desk.run("key", "rotate", "nobody", "--workspace", "acme", status=1).err


def test_changes_are_listed(desk: Desk) -> None:
    """Who uses the command line is the operator; the table says from what to what, and the newest comes first."""
    desk.create_workspace()
    desk.run("workspace", "update", "acme", "--profile", "live", "--switch-off", "stats")
    (key,) = _keys(desk)
    desk.run("key", "revoke", key, "--workspace", "acme")

    shown = desk.run("changes", "--workspace", "acme", "--json").json

    assert {row["by"] for row in shown["changes"]} == {"operator"}
    things = [(row["thing"], row["action"]) for row in shown["changes"]]
    assert things[0] == ("key", "changed")
    assert sorted(things[1:]) == [
        ("features", "changed"),
        ("key", "created"),
        ("settings", "changed"),
        ("workspace", "created"),
    ]
    table = desk.run("changes", "--workspace", "acme", "--thing", "settings", COLUMNS="300").out
    assert 'profile: "documented" → "live"' in table
    page = desk.run("changes", "--workspace", "acme", "--limit", "2")
    assert "3 older ones: --offset 2" in page.out
    assert "'nobody'" in desk.run("changes", "--workspace", "nobody", status=1).err
