"""Draws the hypervolume over the trials, a panel per table, as SVG."""

from collections.abc import Iterator, Mapping, Sequence
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
"""The methods that are drawn; quartiles are shaded for the first and for the default."""
SHADED = ("plain", "default")
_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 300, 180, 40, 24, 50
_COLUMNS = 2


def drawn(summary: Mapping[str, Any]) -> str:
    """Return an SVG of the `drawn` quartiles of `judging.summary`."""
    tables = list(summary)
    rows = -(-len(tables) // _COLUMNS)
    width, height = _COLUMNS * (_WIDTH + _GAP) + _GAP, rows * (_HEIGHT + _GAP + _TOP) + 2 * _TOP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"'
        ' font-size="11" fill="currentColor" role="img" aria-label="Hypervolume over trials, by table">'
    ]
    for place, table in enumerate(tables):
        x = _LEFT + place % _COLUMNS * (_WIDTH + _GAP)
        y = _TOP + place // _COLUMNS * (_HEIGHT + _GAP + _TOP)
        parts += [f'<g transform="translate({x},{y})">', *_panel(table, summary[table]), "</g>"]
    parts += [*_legend(_LEFT, height - _TOP // 2), "</svg>"]
    return "\n".join(parts) + "\n"


def _panel(table: str, methods: Mapping[str, Any]) -> Iterator[str]:
    yield f'<text x="0" y="-8" font-weight="bold">{escape(table)}</text>'
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _y(share)
        yield f'<line x1="0" x2="{_WIDTH}" y1="{y}" y2="{y}" stroke="currentColor" stroke-opacity="0.15"/>'
        yield f'<text x="-6" y="{y + 4}" text-anchor="end">{share:g}</text>'
    for trials in (0, 50, 100, 150, 200):
        yield f'<text x="{_x(trials)}" y="{_HEIGHT + 16}" text-anchor="middle">{trials}</text>'
    for name, colour in COLOURS.items():
        points = methods.get(name, {}).get("drawn", {})
        if points and name in SHADED:
            upper = [(int(n), values[2]) for n, values in points.items()]
            lower = [(int(n), values[0]) for n, values in reversed(points.items())]
            yield f'<polygon points="{_path([*upper, *lower])}" fill="{colour}" fill-opacity="0.15"/>'
        if points:
            middle = [(int(n), values[1]) for n, values in points.items()]
            yield f'<polyline points="{_path(middle)}" fill="none" stroke="{colour}" stroke-width="1.8"/>'


def _legend(x: float, y: float) -> Iterator[str]:
    for name, colour in COLOURS.items():
        yield f'<line x1="{x}" x2="{x + 14}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2.5"/>'
        yield f'<text x="{x + 18}" y="{y + 4}">{escape(name)}</text>'
        x += 40 + 6.2 * len(name)


def _path(points: Sequence[tuple[int, float]]) -> str:
    return " ".join(f"{_x(trials):.1f},{_y(value):.1f}" for trials, value in points)


def _x(trials: float) -> float:
    return trials / 200 * _WIDTH


def _y(share: float) -> float:
    return _HEIGHT * (1 - min(share, 1.0))
