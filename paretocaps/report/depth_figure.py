"""The figures of depth: one per quantity, with a line for each kind of network."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from paretocaps.report.depth import EPOCH_TIME, STACKED, DepthLine, DepthPoint
from paretocaps.report.slopes import Slope
from paretocaps.report.slopes_table import amount_text, slope_text
from paretocaps.report.style import CYCLE, dressed

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_TITLES = {
    "memory": "Memory by depth",
    EPOCH_TIME: "Seconds per epoch by depth",
    "acc": "Validation accuracy by depth",
    "latency": "Latency of one image by depth",
    "latency_batch": "Latency per image, of 128 at once, by depth",
}
_AXES: dict[str, dict[str, Any]] = {
    "memory": {"tickformat": "~s", "ticksuffix": "B", "rangemode": "tozero"},
    EPOCH_TIME: {"ticksuffix": " s", "rangemode": "tozero"},
    "latency": {"tickformat": "~s", "ticksuffix": "s", "rangemode": "tozero"},
    "latency_batch": {"tickformat": "~s", "ticksuffix": "s", "rangemode": "tozero"},
}
_SIZES = (11, 8, 6, 6)
"""The marker size of each family; they differ because lines of families that need the same memory lie on
top of each other."""
_DASHES = ("solid", "dash", "solid", "dot")
"""The dash of each family where a line is a family; else a dash is a routing and an optimiser."""
_KINDS = (("solid", "circle"), ("dash", "square"), ("dot", "diamond"), ("dashdot", "triangle-up"))
_LEGEND_LINE = 22


def depth_figures(lines: Sequence[DepthLine]) -> "dict[str, Figure]":
    """Return a figure of each quantity against depth (as in MoCapsNet's Figures 3 and 4), by identifier.

    A family has one colour; a thin line is the fitted slope. A point over several trials has a dot,
    and one with a loaded trial is hollow.

    Args:
        lines: from `depth.depth_lines`.
    """
    quantities = dict.fromkeys(line.quantity for line in lines)
    return {
        f"depth-{quantity}": _figure(quantity, [line for line in lines if line.quantity == quantity])
        for quantity in quantities
    }


def _figure(quantity: str, lines: Sequence[DepthLine]) -> "Figure":
    from plotly.graph_objects import Figure

    figure = Figure()
    families = list(dict.fromkeys([*STACKED, *(line.family for line in lines)]))
    parted = any(len(line.kind) > 1 for line in lines)
    ways = list(dict.fromkeys(tuple(line.kind.values())[1:] for line in lines))
    for line in lines:
        place = min(families.index(line.family), len(_SIZES) - 1)
        dash, symbol = _KINDS[ways.index(tuple(line.kind.values())[1:]) % len(_KINDS)]
        look = {"color": CYCLE[place], "dash": dash if parted else _DASHES[place]}
        if line.slope is not None:
            figure.add_trace(_fitted(line, line.slope, CYCLE[place]))
        figure.add_trace(_trace(line, look, symbol, _SIZES[place]))
    depths = {point.blocks for line in lines for point in line.points}
    figure.update_xaxes(title_text="blocks", tick0=0, dtick=max(1, -(-max(depths) // 10)))
    figure.update_yaxes(_AXES.get(quantity, {}))
    below = len(lines) * _LEGEND_LINE
    dressed(figure, _TITLES[quantity], height=370 + below)
    legend = {"yref": "container", "y": 0.0, "yanchor": "bottom"}
    return figure.update_layout(legend=legend, showlegend=True, margin_t=50)


def _trace(line: DepthLine, look: dict[str, Any], symbol: str, size: int) -> dict[str, Any]:
    symbols = [f"{symbol}{'-open' * point.loaded}{'-dot' * (point.trials > 1)}" for point in line.points]
    return {
        "type": "scatter",
        "x": [point.blocks for point in line.points],
        "y": [point.value for point in line.points],
        "mode": "lines+markers",
        "name": line.name,
        "legendgroup": line.name,
        "line": look | {"width": 2},
        "marker": {"size": size, "symbol": symbols, "line": {"width": 2, "color": look["color"]}},
        "text": [_hover(line, point) for point in line.points],
        "hovertemplate": "%{text}<extra>%{fullData.name}</extra>",
    }


def _fitted(line: DepthLine, slope: Slope, color: str) -> dict[str, Any]:
    ends = [line.points[0].blocks, line.points[-1].blocks]
    return {
        "type": "scatter",
        "x": ends,
        "y": [slope.at(end) for end in ends],
        "mode": "lines",
        "name": line.name,
        "legendgroup": line.name,
        "showlegend": False,
        "opacity": 0.6,
        "line": {"color": color, "width": 1},
        "hovertemplate": f"{slope_text(line.quantity, slope)} per block<extra>{line.name}</extra>",
    }


def _hover(line: DepthLine, point: DepthPoint) -> str:
    of = "one trial" if point.trials == 1 else f"mean of {point.trials} trials"
    return (
        f"{point.blocks} blocks: {amount_text(line.quantity, point.value)}<br>{of}{', loaded' * point.loaded}"
    )
