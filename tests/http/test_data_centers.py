"""Data centers: whoever asks the wrong server is told which one is right."""

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from aftersend.domain.data_centers import DATA_CENTERS, ROWS, Serving
from aftersend.domain.workspaces import Scope
from builders import STATS, Asker, question
from server import Server
from story import problems

SiteWith = Callable[..., Callable[..., httpx.Response]]

EUROPE = Serving(frozenset({"02"}), {"01": "stats-us.example.org", "02": "stats-eu.example.org"})


def test_a_server_serves_all_unless_it_is_told(server: Server, asker: Asker) -> None:
    """Without a setting every workspace is answered, wherever it belongs."""
    for data_center in DATA_CENTERS:
        server.parts.registry.workspaces.update(asker.workspace_id, data_center=data_center)

        assert asker.ask(question()).status_code == 200


def test_the_wrong_server_names_the_right_one(server: Server, asker: Asker, site_with: SiteWith) -> None:
    """A 401 in the envelope of each family says where the workspace belongs, and the right server answers."""
    ask = site_with(serving=EUROPE)
    headers = {"MOE-APPKEY": asker.workspace_id}

    flat = ask(asker, "POST", STATS, json=question(), headers=headers)
    native = ask(asker, "GET", "/v1/campaigns")

    sentence = "The workspace belongs to data center 01, which is not served here; send this to stats-us.example.org."
    assert (flat.status_code, native.status_code) == (401, 401)
    assert {name: flat.json()[name] for name in ("title", "description")} == {
        "title": "Authentication required",
        "description": sentence,
    }
    assert set(flat.json()) == {"title", "description", "code"}
    assert native.json()["error"]["code"] == "wrong_data_center"
    assert native.json()["error"]["message"] == sentence
    server.parts.registry.workspaces.update(asker.workspace_id, data_center="02")
    assert ask(asker, "POST", STATS, json=question(), headers=headers).status_code == 200
    assert ask(asker, "GET", "/v1/campaigns").status_code == 200


def test_strangers_are_told_nothing(asker: Asker, site_with: SiteWith) -> None:
    """Where a workspace belongs is for its keys to know, and nothing is done for them elsewhere."""
    ask = site_with(serving=EUROPE)

    answer = ask(replace(asker, secret="wrong"), "GET", "/v1/campaigns")

    assert answer.json()["error"]["code"] == "not_authenticated"
    assert "01" not in answer.json()["error"]["message"]


def test_without_a_host_the_originals_is_not_named(asker: Asker, site_with: SiteWith) -> None:
    """No client is sent with a key of this installation to somebody else's server."""
    ask = site_with(serving=Serving(frozenset({"02"})))

    message = ask(asker, "GET", "/v1/campaigns").json()["error"]["message"]

    assert "data center 01" in message
    assert "moengage" not in message


def test_the_operator_works_on_all(server: Server, asker: Asker, site_with: SiteWith) -> None:
    """Who has the data folder has every workspace in it."""
    operator = replace(asker, secret=server.parts.services.operator_token)

    assert site_with(serving=EUROPE)(operator, "GET", "/v1/campaigns").status_code == 200


def test_the_mapping_is_listed(asker: Asker, site_with: SiteWith) -> None:
    """Everybody can read which data centers there are, their hosts here, and which of them are served."""
    answer = site_with(serving=EUROPE)(asker, "GET", "/v1/data-centers", auth=None)

    assert answer.status_code == 200
    assert problems({"$ref": "#/components/schemas/DataCenterList"}, answer.json()) == []
    rows = {row["id"]: row for row in answer.json()["data_centers"]}
    assert list(rows) == [row.id for row in ROWS] == ["01", "02", "03", "04", "05", "06", "101"]
    assert {name for name, row in rows.items() if row["served_here"]} == {"02"}
    assert (rows["02"]["host"], rows["03"]["host"]) == ("stats-eu.example.org", None)
    assert rows["03"]["original_api_host"] == "api-03.moengage.com"


@pytest.mark.parametrize("scope", [Scope.ADMIN, Scope.STATS_READ])
def test_no_scope_opens_the_wrong_server(server: Server, asker: Asker, site_with: SiteWith, scope: Scope) -> None:
    """Being an administrator does not move a workspace."""
    key = replace(asker, secret=server.create_key(asker.workspace_id, scope))

    assert site_with(serving=EUROPE)(key, "GET", "/v1/catalogue").status_code == 401
