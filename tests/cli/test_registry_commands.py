"""Workspaces, keys and campaigns on the command line, without a server."""

import json
from pathlib import Path

import pytest

from aftersend.domain.workspaces import DEFAULT_SCOPES
from builders import Json, campaign
from cli.desk import Desk


def _file(desk: Desk, content: object) -> Path:
    file = desk.files / "campaigns.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def test_a_workspace_is_created_with_a_key(desk: Desk) -> None:
    """One object says what was created, and the secret that is shown only now."""
    options = ("--timezone", "Asia/Kathmandu", "--profile", "live", "--name", "Acme & Co")
    said = desk.run("workspace", "create", "acme", *options).json

    key = said.pop("key")
    assert said == {"workspace_id": "acme", "timezone": "Asia/Kathmandu", "profile": "live"}
    assert key["scopes"] == sorted(DEFAULT_SCOPES)
    assert len(key["secret"]) > 40
    shown = desk.run("workspace", "show", "acme").json
    assert (shown["name"], shown["timezone"], shown["data_center"]) == ("Acme & Co", "Asia/Kathmandu", "01")
    assert key["secret"] not in desk.run("key", "list", "--workspace", "acme", "--json").out


def test_workspaces_are_listed(desk: Desk) -> None:
    """The list is a table for people and JSON for programs."""
    for workspace_id in ("beta", "alpha"):
        desk.run("workspace", "create", workspace_id)

    assert [row["workspace_id"] for row in desk.run("workspace", "list", "--json").json] == ["alpha", "beta"]
    assert desk.run("workspace", "list").out.index("alpha") < desk.run("workspace", "list").out.index("beta")


def test_a_workspace_is_changed(desk: Desk) -> None:
    """What is named changes, the rest stays, and features go off and on."""
    desk.create_workspace("--name", "Acme")

    desk.run("workspace", "update", "acme", "--profile", "live", "--switch-off", "stats", "--switch-off", "reports")
    changed = desk.run("workspace", "update", "acme", "--switch-on", "stats").json

    assert (changed["name"], changed["profile"], changed["features_off"]) == ("Acme", "live", ["reports"])


def test_keys_are_created_listed_and_revoked(desk: Desk) -> None:
    """A key has the scopes that were asked for, and a revoked one is still listed as such."""
    desk.create_workspace()
    made = desk.run("key", "create", "--workspace", "acme", "--scope", "stats:read", "--name", "dashboard").json

    desk.run("key", "revoke", made["id"], "--workspace", "acme")

    listed = {row["id"]: row for row in desk.run("key", "list", "--workspace", "acme", "--json").json}
    assert made["scopes"] == ["stats:read"]
    assert (listed[made["id"]]["name"], listed[made["id"]]["scopes"]) == ("dashboard", ["stats:read"])
    assert [row["revoked_at"] is None for row in listed.values()].count(False) == 1
    assert "dashboard" in desk.run("key", "list", "--workspace", "acme").out


def test_campaigns_are_put_listed_and_shown(desk: Desk) -> None:
    """A file holds one campaign or several; putting them again replaces them."""
    desk.create_workspace()
    goals = [{"name": "Order", "event": "purchase"}]
    many = [campaign(id="a", goals=goals), campaign("SMS", id="b-[1]", name="With [brackets]")]

    desk.put_campaigns(*many)
    desk.run("campaign", "put", _file(desk, campaign(id="a", name="Renamed")), "--workspace", "acme")

    listed = desk.run("campaign", "list", "--workspace", "acme", "--json").json
    assert [(row["id"], row["name"]) for row in listed] == [("a", "Renamed"), ("b-[1]", "With [brackets]")]
    assert desk.run("campaign", "show", "a", "--workspace", "acme").json == listed[0]
    assert "With [brackets]" in desk.run("campaign", "list", "--workspace", "acme").out


REFUSED: tuple[tuple[list[str], int, str], ...] = (
    (["workspace", "create", "acme"], 2, "id: there is a workspace 'acme' already"),
    (["workspace", "create", "a b"], 2, "id: use 1 to 64 letters"),
    (["workspace", "create", "b", "--timezone", "Mars/Olympus"], 2, "timezone: use a zone of the tz database"),
    (["workspace", "create", "b", "--data-center", "99"], 2, "data_center: use one of"),
    (["workspace", "create", "b", "--name", "x" * 201], 2, "name: use up to 200 characters"),
    (["workspace", "show", "nobody"], 1, "there is no workspace 'nobody'; 'aftersend workspace list' names them"),
    (["key", "create", "--workspace", "nobody"], 1, "there is no workspace 'nobody'"),
    (["key", "revoke", "0", "--workspace", "acme"], 1, "the workspace has no key '0'; 'aftersend key list' names them"),
    (["campaign", "list", "--workspace", "nobody"], 1, "there is no workspace 'nobody'"),
    (["campaign", "show", "c[0]", "--workspace", "acme"], 1, "the workspace has no campaign 'c[0]'"),
    (["campaign", "put", "nowhere.json", "--workspace", "acme"], 2, "FILE: nowhere.json cannot be read"),
    (["workspace", "list", "--registry", "mysql://here/there"], 1, "the registry's address cannot be used"),
    (["workspace", "list", "--registry", "sqlite:////no/such/folder/r"], 1, "the registry cannot be used right now"),
)


@pytest.fixture(scope="module")
def known_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk with one workspace."""
    files = tmp_path_factory.mktemp("known")
    found = Desk(files / "data", files)
    found.create_workspace()
    return found


@pytest.mark.parametrize(("words", "status", "told"), REFUSED, ids=[" ".join(row[0])[:40] for row in REFUSED])
def test_a_mistake_is_told_in_one_line(known_desk: Desk, words: list[str], status: int, told: str) -> None:
    """What cannot be done is said in a line that names the field and what to do; nothing is printed as a result."""
    said = known_desk.run(*words, status=status)

    last = said.err.strip().splitlines()[-1]
    assert last.startswith(f"aftersend: {told}")
    assert said.out == ""


BAD_CAMPAIGNS: tuple[tuple[object, str], ...] = (
    ("{", "body: the body is not JSON"),
    (campaign(), "campaigns[0].id: a campaign in a file needs an id"),
    (campaign("FAX", id="a"), "channel: "),
    (campaign(id="a", colour="red"), "colour: "),
    (campaign(id="a", platforms=["IOS"]), "platforms[0]: EMAIL has the platforms EMAIL"),
    (campaign(id="a", goals=[{"name": "Order", "event": ""}]), "goals[0].event: "),
    (campaign(id="a", parent_campaign_id="a"), "parent_campaign_id: a campaign cannot be its own parent"),
)


@pytest.mark.parametrize(("content", "told"), BAD_CAMPAIGNS, ids=[row[1][:30] for row in BAD_CAMPAIGNS])
def test_a_bad_campaign_is_told_with_its_field(known_desk: Desk, content: Json | str, told: str) -> None:
    """A campaign that contradicts itself is refused with the field that is wrong."""
    said = known_desk.run("campaign", "put", _file(known_desk, content), "--workspace", "acme", status=2)

    assert said.err.startswith(f"aftersend: {told}")
