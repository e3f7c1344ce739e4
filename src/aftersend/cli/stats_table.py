"""The answer of the Stats API as tables for a terminal."""

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text


def tables(answer: dict[str, Any], *, every_node: bool) -> Iterator[RenderableType]:
    """Yield a heading and tables for each campaign; with `every_node`, named locales and variations too."""
    for campaign_id, (node,) in answer["data"].items():
        yield Text(f"\n{campaign_id}", style="bold")
        rows = [row for row in _rows(node) if every_node or row[0].count("/") == 0]
        for part in ("performance_stats", "delivery_funnel", "failure_breakdown", "conversion_goal_stats"):
            table = _table(part, rows)
            if table is not None:
                yield table


def _rows(node: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every node with its name: a platform, or platform / locale / variation where it is not an aggregate."""
    for platform, platform_node in node["platforms"].items():
        for place, (locale, locale_node) in enumerate(platform_node["locales"].items()):
            for variation, stats in locale_node["variations"].items():
                if not stats:
                    continue
                names = [platform]
                if place or variation != "all_variations":
                    names += [locale if place else "*", "*" if variation == "all_variations" else variation]
                yield " / ".join(names), stats


def _table(part: str, rows: list[tuple[str, dict[str, Any]]]) -> Table | None:
    values = {name: _flat(stats.get(part, {})) for name, stats in rows}
    keys = list(dict.fromkeys(key for row in values.values() for key in row))
    if not keys:
        return None
    table = Table(title=part.replace("_", " "), title_justify="left", title_style="dim")
    table.add_column("")
    for name in values:
        table.add_column(name, justify="right")
    for key in keys:
        table.add_row(key, *(_shown(row.get(key)) for row in values.values()))
    return table


def _flat(stats: dict[str, Any]) -> dict[str, Any]:
    flat = {}
    for key, value in stats.items():
        if isinstance(value, dict):
            flat.update(
                {f"{key}: {name}": number for name, number in value.items() if name not in ("goal_name", "name")}
            )
        else:
            flat[key] = value
    return flat


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
