"""What a campaign changed, as tables for a terminal."""

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

Json = dict[str, Any]


def tables(answer: Json) -> Iterator[RenderableType]:
    """Yield the arms of each goal, and each comparison with its interval, p-value and verdict."""
    yield Text(f"\n{answer['campaign_id']}", style="bold")
    counted = answer["assigned_by"] or "nobody was assigned yet"
    yield Text(f"users by first assignment ({counted}), goal events within {answer['window_hours']} hours of it")
    ratio = answer["sample_ratio"]
    if ratio is not None and ratio["suspicious"]:
        yield Text("the arms are not as large as their percentages say; mistrust every comparison", style="bold red")
    for goal in answer["goals"]:
        compared = goal["intention_to_treat"]
        yield _arms(goal["goal_name"], compared)
        for comparison in compared["comparisons"]:
            yield from _comparison(comparison)
        yield _reached(goal["per_reached_user"])


def _arms(goal: str, compared: Json) -> Table:
    table = Table(title=f"\n{goal}", title_justify="left", title_style="bold")
    columns = ("users", "converted", "conversion_rate", "total", "revenue", "revenue_per_user")
    table.add_column("", min_width=max((len(arm["arm"]) for arm in compared["arms"]), default=0))
    for column in columns:
        table.add_column(column.replace("_", " "), justify="right")
    for arm in compared["arms"]:
        table.add_row(arm["arm"], *(_number(arm[column]) for column in columns))
    return table


def _comparison(comparison: Json) -> Iterator[Text]:
    yield Text(f"{comparison['arm']} against {comparison['against']}", style="dim")
    for name, unit, scale in (("conversion_rate", " points", 100), ("revenue_per_user", "", 1)):
        found = comparison[name]
        if found is None:
            continue
        test = found.get("z_test") or found["welch"]
        interval = test["absolute_interval"]
        between = "unknown" if interval is None else " to ".join(_signed(interval[end], scale) for end in interval)
        yield Text(
            f"  {name.replace('_', ' ')}: {_signed(found['absolute_lift'], scale)}{unit}"
            f" ({_signed(found['relative_lift'], 100)} %), 95 % interval {between}{unit},"
            f" p {_probability(test['p_value'])}"
        )
        yield Text(f"  {found['verdict']}")


def _reached(found: Json) -> Text:
    return Text(
        f"  per reached user ({found['attribution_type']}): cvr {found['cvr']:,} %, uplift {found['uplift']:,} %,"
        f" gcg_uplift {found['gcg_uplift']:,} %",
        style="dim",
    )


def _number(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _signed(value: float | None, scale: int) -> str:
    return "unknown" if value is None else f"{value * scale:+,.3f}"


def _probability(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3g}"
