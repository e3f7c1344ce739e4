"""Lines on logarithmic axes, as an SVG that is written by hand: milliseconds by events."""

import math
from collections.abc import Mapping, Sequence

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 760, 400, 80, 20, 190, 50
_STYLE = "font-family='sans-serif' font-size='12' fill='#333'"
_COLORS = ("#1f77b4", "#d62728", "#2ca02c", "#17becf", "#ff7f0e", "#9467bd", "#8c564b", "#7f7f7f")


def draw(lines: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    """Return the picture: a line with its name for each of the given."""
    points = [point for line in lines.values() for point in line]
    events, times = (_decades([point[place] for point in points]) for place in (0, 1))

    def across(found: float) -> float:
        return _LEFT + (math.log10(found) - events[0]) / (events[1] - events[0]) * (_WIDTH - _LEFT - _RIGHT)

    def up(found: float) -> float:
        return _HEIGHT - _BOTTOM - (math.log10(found) - times[0]) / (times[1] - times[0]) * (_HEIGHT - _TOP - _BOTTOM)

    pieces = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {_HEIGHT}' {_STYLE}>",
        f"<rect width='{_WIDTH}' height='{_HEIGHT}' fill='#fff'/>",
    ]
    for decade in range(times[0], times[1] + 1):
        height = up(10.0**decade)
        pieces.append(f"<line x1='{_LEFT}' x2='{_WIDTH - _RIGHT}' y1='{height:.1f}' y2='{height:.1f}' stroke='#ddd'/>")
        pieces.append(_text(_LEFT - 8, height + 4, f"{10.0**decade:,.0f} ms"))
    for decade in range(events[0], events[1] + 1):
        pieces.append(_text(across(10.0**decade) + 24, _HEIGHT - _BOTTOM + 18, f"{10**decade:,}"))
    pieces.append(_text(_WIDTH - _RIGHT, _HEIGHT - 10, "events asked about"))
    for row, (name, line) in enumerate(lines.items()):
        color = _COLORS[row % len(_COLORS)]
        places = [(across(point[0]), up(point[1])) for point in line]
        drawn = " ".join(f"{right:.1f},{height:.1f}" for right, height in places)
        pieces.append(f"<polyline points='{drawn}' fill='none' stroke='{color}' stroke-width='1.5'/>")
        pieces += [f"<circle cx='{right:.1f}' cy='{height:.1f}' r='3' fill='{color}'/>" for right, height in places]
        pieces.append(_text(_WIDTH - 20, _TOP + 14 + row * 18, name, color))
    return "\n".join([*pieces, "</svg>", ""])


def _decades(found: Sequence[float]) -> tuple[int, int]:
    """The powers of ten between which everything is."""
    least = math.floor(math.log10(max(min(found), 1)))
    return least, max(math.ceil(math.log10(max(found))), least + 1)


def _text(right: float, height: float, words: str, color: str = "#333") -> str:
    return f"<text x='{right:.1f}' y='{height:.1f}' text-anchor='end' fill='{color}'>{words}</text>"
