"""Compares answers with what plain SQL over the ledger says: every count of every node."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from aftersend.domain.channels import Channel
from aftersend.domain.formulas import Count
from aftersend.domain.metrics import metrics_of
from aftersend.store.embedded import EmbeddedEngine
from credit_statements import credit_statements
from history import AMONG, TOUCHES
from plan import ASKED, COURSES, campaign_id
from statements import Scope
from suite_plan import Question

Cell = tuple[str, str, str, str, str]
"""Campaign, platform, locale, variation; an empty name stands for all. And what is counted: a kind, or `credits`."""

CREDITS = "credits"


def _kinds() -> dict[str, str]:
    """The metrics of the channels that are played with and are counts of one kind, by that kind."""
    found = {}
    for course in COURSES:
        for metric in metrics_of(Channel(course.channel)):
            formula = metric.formula
            if metric.key and isinstance(formula, Count) and not formula.tally.details and not formula.tally.human:
                found[metric.key] = formula.tally.kinds[0].value
    return found


KINDS = _kinds()


def told(body: bytes, mode: str) -> dict[Cell, int]:
    """Return every count of an answer that is not nought."""
    found: dict[Cell, int] = {}
    for campaign, trees in msgspec.json.decode(body)["data"].items():
        for platform, platform_node in trees[0]["platforms"].items():
            for locale, locale_node in platform_node["locales"].items():
                for variation, node in locale_node["variations"].items():
                    names = ("" if name.startswith("all_") else name for name in (locale, variation))
                    place = (campaign, platform.upper(), *names)
                    found.update({(*place, what): number for what, number in _numbers(node, mode) if number})
    return found


def _numbers(node: Any, mode: str) -> Iterable[tuple[str, int]]:
    for key, number in node.get("performance_stats", {}).items():
        if key in KINDS:
            yield KINDS[key], number
    for goal in node.get("conversion_goal_stats", {}).values():
        yield CREDITS, goal["unique" if mode == "UNIQUE" else "total"]


class Checker:
    """Is told what was answered, and compares it with the ledger when nothing is timed any more.

    Of answers to the same question that are the same, one is kept.
    """

    def __init__(self) -> None:
        self._answers: dict[tuple[Question, bytes], int] = {}

    def note(self, question: Question, body: bytes) -> None:
        """Keep an answer for later."""
        data = body[body.index(b'"data"') :]
        self._answers[question, data] = self._answers.get((question, data), 0) + 1

    def differences(self, folder: Path) -> tuple[int, int, int]:
        """Return how many answers and counts were compared with the ledger of a folder, and how many counts differ."""
        engine = EmbeddedEngine(folder / "ledger")
        truths = _Truths(engine)
        answers = counts = different = 0
        for (question, data), times in self._answers.items():
            said, truth = told(b"{" + data, question.mode), truths.of(question)
            answers += times
            counts += len(truth.keys() | said.keys())
            wrong = [cell for cell in truth.keys() | said.keys() if truth.get(cell, 0) != said.get(cell, 0)]
            for cell in wrong[:5]:
                print(f"DIFFERENT {question} {cell}: {said.get(cell, 0)} told, {truth.get(cell, 0)} stored", flush=True)
            different += len(wrong)
        engine.close()
        return answers, counts, different


class _Truths:
    """What plain SQL says: each row once for each level, nothing folded; all campaigns of a workspace at once."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self._engine = engine
        self._known: dict[Scope, dict[str, dict[Cell, int]]] = {}

    def of(self, question: Question) -> dict[Cell, int]:
        """Return every count that an answer to a question should have."""
        scope = question.scope
        step = AMONG if scope.workspace_id == TOUCHES else 1
        everything = tuple(campaign_id(number) for number in range(0, ASKED * step, step))
        if not set(scope.campaign_ids) <= set(everything):
            everything = scope.campaign_ids
        whole = Scope(scope.workspace_id, everything, scope.first, scope.last)
        if whole not in self._known:
            self._known[whole] = self._count(whole)
        asked = set(scope.campaign_ids)
        return {cell: number for cell, number in self._known[whole][question.mode].items() if cell[0] in asked}

    def _count(self, scope: Scope) -> dict[str, dict[Cell, int]]:
        """Return the counts by mode: both come from one reading."""
        wanted = "', '".join(sorted(set(KINDS.values())))
        sets = ("", ", locale", ", variation", ", locale, variation")
        levels = ", ".join(f"(campaign_id, platform, happened{more})" for more in sets)
        rows = self._engine.select(
            "SELECT campaign_id, platform, locale, variation, toString(kind) AS happened, count(), uniqExact(user_id) "
            f"FROM message_events WHERE {scope.condition()} AND kind IN ('{wanted}') GROUP BY GROUPING SETS ({levels})"
        )
        found = [((row[0], row[1], row[2], row[3], row[4]), int(row[5]), int(row[6])) for row in rows]
        if scope.workspace_id == TOUCHES:
            rows = self._engine.select(credit_statements(scope)["pairs by buckets of time"])
            found += [((row[0], row[1], row[2], row[3], CREDITS), int(row[4]), int(row[5])) for row in rows]
        return {
            "TOTAL": {cell: events for cell, events, _ in found if events},
            "UNIQUE": {cell: users for cell, _, users in found if users},
        }
