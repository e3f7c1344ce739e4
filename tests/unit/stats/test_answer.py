"""The walk of a question: which page of which campaigns is answered, and how its pages are numbered."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from aftersend.domain.campaigns import DeliveryType
from aftersend.domain.profiles import PROFILES, ProfileName
from aftersend.registry.database import sqlite_url
from aftersend.registry.registry import Registry
from aftersend.stats.answer import Stats
from aftersend.stats.request import parse_request
from builders import Json, question
from fakes import FakeEngine
from objects import MOMENT, a_campaign, a_workspace


@dataclass
class Desk:
    """Statistics over a registry on a throw-away folder and an engine that has nothing."""

    registry: Registry
    engine: FakeEngine

    def ask(self, **fields: object) -> Json:
        """Ask in the workspace w1."""
        stats = Stats(self.registry.campaigns, self.engine)
        return stats.answer(a_workspace(), parse_request(question(**fields)), PROFILES[ProfileName.DOCUMENTED])


@contextmanager
def _desk(folder: Path, campaigns: int) -> Iterator[Desk]:
    registry = Registry(sqlite_url(folder), lambda: MOMENT)
    registry.database.migrate()
    for workspace_id in ("w1", "w2"):
        registry.workspaces.create(a_workspace(workspace_id))
    for number in range(campaigns):
        registry.campaigns.put("w1", a_campaign(f"c{number}"))
    registry.campaigns.put("w2", a_campaign("other"))
    try:
        yield Desk(registry, FakeEngine())
    finally:
        registry.close()


@pytest.mark.parametrize(
    ("fields", "total", "current", "pages", "ids"),
    [
        ({}, 12, 1, 2, [f"c{number}" for number in range(10)]),
        ({"offset": 10}, 12, 2, 2, ["c10", "c11"]),
        ({"offset": 5, "limit": 3}, 12, 2, 4, ["c5", "c6", "c7"]),
        ({"offset": 12}, 12, 2, 2, []),
        ({"offset": 1000, "limit": 7}, 12, 143, 2, []),
        ({"campaign_ids": ["c3", "c1"]}, 2, 1, 1, ["c3", "c1"]),
        ({"campaign_ids": ["c3", "nobody", "other"]}, 3, 1, 1, ["c3"]),
        ({"campaign_ids": ["c3", "c1", "c2"], "offset": 1, "limit": 1}, 3, 2, 3, ["c1"]),
        ({"campaign_ids": ["c3"], "offset": 1}, 1, 1, 1, []),
    ],
    ids=repr,
)
def test_pages(tmp_path: Path, fields: Json, total: int, current: int, pages: int, ids: list[str]) -> None:
    """Campaigns are paged in order of creation or as asked; ids of nobody count, but have no data."""
    with _desk(tmp_path, 12) as desk:
        answer = desk.ask(**fields)

    assert (answer["total_campaigns"], answer["current_page"], answer["total_pages"]) == (total, current, pages)
    assert list(answer["data"]) == ids


def test_an_empty_workspace(tmp_path: Path) -> None:
    """Where there is no campaign there are no pages, and the ledger is not asked."""
    with _desk(tmp_path, 0) as desk:
        answer = desk.ask()

    assert answer == {"response_id": "abc", "total_campaigns": 0, "current_page": 1, "total_pages": 0, "data": {}}
    assert desk.engine.asked == []


def test_the_answer_echoes_the_request(tmp_path: Path) -> None:
    """The id of the request is the id of the response."""
    with _desk(tmp_path, 0) as desk:
        assert desk.ask(request_id="é 1")["response_id"] == "é 1"


def test_nodes_of_flows_are_answered_by_id(tmp_path: Path) -> None:
    """A flow's node and an API-triggered campaign are not listed, but answered when they are named."""
    with _desk(tmp_path, 1) as desk:
        desk.registry.campaigns.put("w1", a_campaign("node", flow_id="f1"))
        desk.registry.campaigns.put("w1", a_campaign("api", delivery_type=DeliveryType.API_TRIGGERED))

        assert list(desk.ask()["data"]) == ["c0"]
        assert list(desk.ask(campaign_ids=["api", "node"])["data"]) == ["api", "node"]


def test_days_outside_the_ledger_are_not_asked_for(tmp_path: Path) -> None:
    """A range that lies before every day is answered with zeros."""
    with _desk(tmp_path, 1) as desk:
        answer = desk.ask(start_date="1900-01-01", end_date="1900-01-31")

    assert list(answer["data"]) == ["c0"]
    assert desk.engine.asked == []
