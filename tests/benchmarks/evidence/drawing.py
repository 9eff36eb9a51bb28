"""Draws the hypervolume over trials and over training time, a panel per table, as SVG."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

COLOURS = {
    "plain": "#e76f51",
    "random": "#9a9a9a",
    "before": "#e9c46a",
    "default": "#1d6fb8",
    "default, designs": "#6fb1e8",
    "tpe": "#264653",
    "forest": "#2a9d8f",
    "portfolio": "#8e5ea2",
}
"""The methods that are drawn over trials; quartiles are shaded for the first and for the default."""
TIMED = {
    "plain": "#e76f51",
    "random": "#9a9a9a",
    "default": "#1d6fb8",
    "default, none": "#6fb1e8",
    "default, rungs": "#2a9d8f",
    "default, curves": "#8e5ea2",
}
"""Those that are drawn over training time: the default without designs, and with them by rule of stopping."""
SHADED = ("plain", "default")
_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 300, 180, 40, 24, 50
_COLUMNS = 2
_LINE = 18  # of a legend
_SHORTEST = 0.01


@dataclass(frozen=True)
class _Axis:
    """What panels are drawn over.

    Args:
        key: the quartiles in `judging.summary`, by the values of the axis.
        colours: the methods.
        about: a phrase on the axis.
        ticks: its labelled values.
        place: where a value is, from 0 to 1.
    """

    key: str
    colours: Mapping[str, str]
    about: str
    ticks: Sequence[float]
    place: Callable[[float], float]


_AXES = (
    _Axis("drawn", COLOURS, "trials", (0, 50, 100, 150, 200), lambda trials: trials / 200),
    _Axis(
        "over_time",
        TIMED,
        "share of plain TPE's training time",
        (0.01, 0.03, 0.1, 0.3, 1.0),
        lambda share: math.log(max(share, _SHORTEST) / _SHORTEST) / math.log(1.0 / _SHORTEST),
    ),
)


def drawn(summary: Mapping[str, Any]) -> str:
    """Return an SVG of the quartiles of `judging.summary` over trials, and over time where they are known."""
    parts: list[str] = []
    below = _TOP
    for axis in _AXES:
        tables = [
            name for name, methods in summary.items() if any(axis.key in one for one in methods.values())
        ]
        for place, table in enumerate(tables):
            x = _LEFT + place % _COLUMNS * (_WIDTH + _GAP)
            y = below + place // _COLUMNS * (_HEIGHT + _GAP + _TOP)
            title = f"{table}, over {axis.about}"
            parts += [f'<g transform="translate({x},{y})">', *_panel(title, axis, summary[table]), "</g>"]
        below += -(-len(tables) // _COLUMNS) * (_HEIGHT + _GAP + _TOP)
        played = {
            name: colour for name, colour in axis.colours.items() if any(name in summary[t] for t in tables)
        }
        parts += _legend(played, _LEFT, below - _LINE)
        below += _TOP + _LINE if tables else 0
    width = _COLUMNS * (_WIDTH + _GAP) + _GAP
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {below}" font-family="sans-serif"'
        ' font-size="11" fill="currentColor" role="img"'
        ' aria-label="Hypervolume over trials, and over training time, by table">'
    )
    return "\n".join([head, *parts, "</svg>"]) + "\n"


def _panel(title: str, axis: _Axis, methods: Mapping[str, Any]) -> Iterator[str]:
    yield f'<text x="0" y="-8" font-weight="bold">{escape(title)}</text>'
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _y(share)
        yield f'<line x1="0" x2="{_WIDTH}" y1="{y}" y2="{y}" stroke="currentColor" stroke-opacity="0.15"/>'
        yield f'<text x="-6" y="{y + 4}" text-anchor="end">{share:g}</text>'
    for tick in axis.ticks:
        x = axis.place(tick) * _WIDTH
        yield f'<text x="{x:.1f}" y="{_HEIGHT + 16}" text-anchor="middle">{tick:g}</text>'
    for name, colour in axis.colours.items():
        found = methods.get(name, {}).get(axis.key, {})
        points = [(axis.place(float(value)) * _WIDTH, quartiles) for value, quartiles in found.items()]
        if points and name in SHADED:
            upper = [(x, values[2]) for x, values in points]
            lower = [(x, values[0]) for x, values in reversed(points)]
            yield f'<polygon points="{_path([*upper, *lower])}" fill="{colour}" fill-opacity="0.15"/>'
        if points:
            middle = [(x, values[1]) for x, values in points]
            yield f'<polyline points="{_path(middle)}" fill="none" stroke="{colour}" stroke-width="1.8"/>'


def _legend(colours: Mapping[str, str], x: float, y: float) -> Iterator[str]:
    for name, colour in colours.items():
        yield f'<line x1="{x}" x2="{x + 14}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2.5"/>'
        yield f'<text x="{x + 18}" y="{y + 4}">{escape(name)}</text>'
        x += 40 + 6.2 * len(name)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{_y(value):.1f}" for x, value in points)


def _y(share: float) -> float:
    return _HEIGHT * (1 - min(share, 1.0))
