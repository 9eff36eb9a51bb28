"""The figure of a learning-rate range test."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from paretocaps.report.style import CYCLE, dressed
from paretocaps.schedules.range_test import RangePoint, Suggestion

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def lr_range_figure(points: Sequence[RangePoint], found: Suggestion) -> "Figure":
    """Return the loss against the learning rate; the suggested bounds are shaded and in the title.

    Args:
        points: one per step.
        found: the bounds that they suggest.
    """
    from plotly.graph_objects import Figure, Scatter

    rates = [point.learning_rate for point in points]
    hover = "learning rate %{x:.3g}: loss %{y:.4g}<extra>%{fullData.name}</extra>"
    losses = [point.loss for point in points]
    smoothed = [point.smoothed for point in points]
    faint = {"color": CYCLE[4], "size": 4, "opacity": 0.6}
    line = {"color": CYCLE[0], "width": 2.5}
    figure = Figure(
        [
            Scatter(x=rates, y=losses, mode="markers", marker=faint, name="each step", hovertemplate=hover),
            Scatter(x=rates, y=smoothed, mode="lines", line=line, name="smoothed", hovertemplate=hover),
        ]
    )
    title = "The loss never fell"
    if found.lr_min is not None and found.lr_max is not None:
        title = f"Suggested: lr_min {found.lr_min:.2g}, lr_max {found.lr_max:.2g}"
        figure.add_vrect(x0=found.lr_min, x1=found.lr_max, fillcolor=CYCLE[2], opacity=0.15, line_width=0)
        marks = ((found.steepest, "falls fastest"), (found.lowest, "lowest"))
        _mark(figure, points, [(rate, name) for rate, name in marks if rate is not None])
    figure.update_xaxes(type="log", title_text="learning rate", exponentformat="power", dtick=1)
    figure.update_yaxes(title_text="← training loss, less is better", rangemode="tozero")
    return dressed(figure, title, height=480).update_layout(margin_t=90, showlegend=True)


def _mark(figure: "Figure", points: Sequence[RangePoint], marks: Sequence[tuple[float, str]]) -> None:
    """Mark the smoothed loss at the rates of `marks`."""
    from plotly.graph_objects import Scatter

    by_rate = {point.learning_rate: point.smoothed for point in points}
    for symbol, color, (rate, name) in zip(("diamond", "circle"), (CYCLE[1], CYCLE[3]), marks, strict=False):
        marker = {"color": color, "size": 11, "symbol": symbol}
        label = f"{name}, {rate:.2g}"
        figure.add_trace(
            Scatter(x=[rate], y=[by_rate[rate]], mode="markers", marker=marker, name=label, hoverinfo="name")
        )
