"""A curve of memory by events, as an SVG that is written by hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 760, 360, 70, 20, 20, 50
_STYLE = "font-family='sans-serif' font-size='12' fill='#333'"


@dataclass(frozen=True, slots=True)
class Sample:
    """The memory of a process at one moment, in bytes, its peak so far, and how many events it had taken in by then."""

    seconds: float
    events: int
    whole: int
    own: int
    files: int
    peak: int


_LINES: tuple[tuple[str, str, Callable[[Sample], int]], ...] = (
    ("VmRSS", "#1f77b4", lambda sample: sample.whole),
    ("RssAnon", "#d62728", lambda sample: sample.own),
    ("RssFile", "#2ca02c", lambda sample: sample.files),
)


def draw(samples: Sequence[Sample], bound: int) -> str:
    """Return the picture: a line for each kind of memory, and a dashed one for the bound."""
    most_events = max(sample.events for sample in samples) or 1
    most_bytes = max(bound, *(sample.whole for sample in samples)) * 1.1

    def across(events: float) -> float:
        return _LEFT + events / most_events * (_WIDTH - _LEFT - _RIGHT)

    def up(size: float) -> float:
        return _HEIGHT - _BOTTOM - size / most_bytes * (_HEIGHT - _TOP - _BOTTOM)

    pieces = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {_HEIGHT}' {_STYLE}>",
        f"<rect width='{_WIDTH}' height='{_HEIGHT}' fill='#fff'/>",
    ]
    for size in range(0, int(most_bytes), 256 * 2**20):
        pieces += [_line(_LEFT, _WIDTH - _RIGHT, up(size), "#ddd"), _text(_LEFT - 8, up(size) + 4, f"{size >> 20} MiB")]
    for tenth in range(0, 11, 2):
        events = most_events * tenth / 10
        pieces.append(_text(across(events) + 8, _HEIGHT - _BOTTOM + 18, f"{events / 1e6:.1f}"))
    pieces.append(_text(_WIDTH - _RIGHT, _HEIGHT - 10, "million events"))
    pieces.append(_line(_LEFT, _WIDTH - _RIGHT, up(bound), "#555", "stroke-dasharray='6 4'"))
    for row, (name, color, size_of) in enumerate(_LINES):
        points = " ".join(f"{across(sample.events):.1f},{up(size_of(sample)):.1f}" for sample in samples)
        pieces.append(f"<polyline points='{points}' fill='none' stroke='{color}' stroke-width='1.5'/>")
        pieces.append(_text(_LEFT + 70 + row * 90, _HEIGHT - 10, name, color))
    return "\n".join([*pieces, "</svg>", ""])


def _line(left: float, right: float, height: float, color: str, more: str = "") -> str:
    return f"<line x1='{left}' x2='{right}' y1='{height:.1f}' y2='{height:.1f}' stroke='{color}' {more}/>"


def _text(right: float, height: float, words: str, color: str = "#333") -> str:
    return f"<text x='{right:.1f}' y='{height:.1f}' text-anchor='end' fill='{color}'>{words}</text>"
