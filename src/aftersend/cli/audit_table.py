"""What an audit found, for a terminal."""

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

Json = dict[str, Any]

_STYLES = {"error": "bold red", "warning": "yellow", "info": "dim"}
_COLUMNS = ("severity", "identity", "campaign_id", "day", "platform", "expected", "found")


def parts(answer: Json) -> Iterator[RenderableType]:
    """Yield a table of what does not hold, a sentence for each row, and what was looked at."""
    violations = answer["violations"]
    if violations:
        yield _table(violations)
    for number, violation in enumerate(violations, 1):
        yield Text(f"{number:>3}  {violation['message']}", style=_STYLES[violation["severity"]])
        if violation["example_event_ids"]:
            yield Text(f"     such as {', '.join(violation['example_event_ids'])}", style="dim")
        if violation["sources"]:
            yield Text(f"     sent by {', '.join(map(_source, violation['sources']))}", style="dim")
    if answer["truncated"]:
        yield Text("there are more; --limit shows them")
    days = f"{answer['start_date']} to {answer['end_date']}" if answer["start_date"] else "all days"
    yield Text(f"{days}: {answer['campaigns_checked']:,} campaigns, {answer['events_checked']:,} events")
    if answer["clean"]:
        yield Text("clean: the numbers add up", style="bold green")
    else:
        yield Text("not clean: the numbers do not add up", style="bold red")


def _source(source: Json) -> str:
    door, key = source["source"] or "unknown", source["key_id"]
    return f"{door}{f' (key {key})' if key else ''}: {source['events']:,}"


def _table(violations: list[Json]) -> Table:
    table = Table()
    table.add_column("", justify="right")
    for column in _COLUMNS:
        table.add_column(column.replace("_", " "), justify="right" if column in ("expected", "found") else "left")
    for number, violation in enumerate(violations, 1):
        cells = (_cell(column, violation[column]) for column in _COLUMNS)
        table.add_row(str(number), *(Text(cell) for cell in cells), style=_STYLES[violation["severity"]])
    return table


def _cell(column: str, value: Any) -> str:
    if value is None:
        return "all" if column == "day" else ""
    return f"{value:,}" if isinstance(value, int) else str(value)
