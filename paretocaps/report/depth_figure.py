"""The figure of depth: one panel per quantity, one line per family."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from paretocaps.report.depth import EPOCH_TIME, STACKED, DepthLine, DepthPoint
from paretocaps.report.style import CYCLE, dressed
from paretocaps.report.tables import with_prefix

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_TITLES = {
    "memory": "peak memory of training [B]",
    EPOCH_TIME: "training seconds per epoch [s]",
    "acc": "validation accuracy",
    "latency": "latency of a single image [s]",
    "latency_batch": "latency per image of a batch [s]",
}
_AXES: dict[str, dict[str, Any]] = {
    "memory": {"tickformat": "~s", "ticksuffix": "B", "rangemode": "tozero"},
    EPOCH_TIME: {"rangemode": "tozero"},
    "latency": {"tickformat": "~s", "ticksuffix": "s", "rangemode": "tozero"},
    "latency_batch": {"tickformat": "~s", "ticksuffix": "s", "rangemode": "tozero"},
}
_ACROSS = 3
_LOOKS = (("solid", 11), ("dash", 8), ("solid", 6), ("dot", 6))
"""The dash and the marker size of each family; they differ because lines of families that need the same
memory lie on top of each other."""


def depth_figure(lines: Sequence[DepthLine]) -> "Figure":
    """Return quantities against depth (as in MoCapsNet's Figure 3), in rows of up to three panels.

    Args:
        lines: from `depth.depth_lines`; at least one. A point over several trials is drawn hollow.
    """
    from plotly.graph_objects import Scatter
    from plotly.subplots import make_subplots

    quantities = list(dict.fromkeys(line.quantity for line in lines))
    across = min(_ACROSS, len(quantities))
    down = -(-len(quantities) // across)
    titles = [_TITLES[quantity] for quantity in quantities]
    figure = make_subplots(rows=down, cols=across, subplot_titles=titles, vertical_spacing=0.22)
    named: set[str] = set()
    for line in lines:
        row, column = divmod(quantities.index(line.quantity), across)
        first = line.family not in named
        named.add(line.family)
        figure.add_trace(Scatter(**_trace(line), showlegend=first), row=row + 1, col=column + 1)
    for number, quantity in enumerate(quantities):
        row, column = divmod(number, across)
        figure.update_yaxes(_AXES.get(quantity, {}), row=row + 1, col=column + 1)
    depths = {point.blocks for line in lines for point in line.points}
    figure.update_xaxes(title_text="blocks", tick0=0, dtick=max(1, -(-max(depths) // 10)))
    dressed(figure, "Memory, time and accuracy by depth", height=60 + 380 * down)
    figure.update_annotations(font_size=13)  # plotly's titles of panels
    legend = {"y": 1.0 + 0.13 / down}
    return figure.update_layout(legend=legend, showlegend=True)


def _trace(line: DepthLine) -> dict[str, Any]:
    stacked = list(STACKED)
    place = min(stacked.index(line.family) if line.family in stacked else len(stacked), len(_LOOKS) - 1)
    dash, size = _LOOKS[place]
    symbols = ["circle" if point.trials == 1 else "circle-open" for point in line.points]
    return {
        "x": [point.blocks for point in line.points],
        "y": [point.value for point in line.points],
        "mode": "lines+markers",
        "name": line.family,
        "legendgroup": line.family,
        "line": {"color": CYCLE[place], "width": 2, "dash": dash},
        "marker": {"size": size, "symbol": symbols, "line": {"width": 2, "color": CYCLE[place]}},
        "text": [_hover(line, point) for point in line.points],
        "hovertemplate": "%{text}<extra>%{fullData.name}</extra>",
    }


def _hover(line: DepthLine, point: DepthPoint) -> str:
    unit = "" if line.quantity == "acc" else "B" if line.quantity == "memory" else "s"
    value = with_prefix(point.value, unit) if unit == "B" else f"{point.value:.4g} {unit}".rstrip()
    of = "one trial" if point.trials == 1 else f"mean of {point.trials} trials"
    return f"{point.blocks} blocks: {value}<br>{of}"
