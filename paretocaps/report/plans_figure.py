"""The learning-rate plans of trainings: learning rate and batch size over the epochs."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from paretocaps.report.line_styles import LineStyle
from paretocaps.report.policies import PolicyCurve
from paretocaps.report.policies_figure import rates_line, sizes_line
from paretocaps.report.series import log_ticks
from paretocaps.report.style import dressed
from paretocaps.report.training_figures import batch_axis, every, with_legend_below

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_BEYOND = 0.3
"""How far beyond the learning rates their axis has ticks, in decades, so that a single rate has some."""


def plans_figure(curves: Sequence[PolicyCurve], styles: Mapping[int, LineStyle]) -> "dict[str, Figure]":
    """Return the figure by its identifier, with a panel for batch sizes where they differ; nothing for none.

    The learning rates of all steps are on a logarithmic axis, because those of members may differ by decades.
    Where plans are equal, the earlier ones are drawn wider, so that all can be seen.

    Args:
        curves: the members by epoch.
        styles: their lines.
    """
    from plotly.subplots import make_subplots

    if not curves:
        return {}
    sizes = {size for curve in curves for size in curve.batch_sizes}
    rows = 2 if len(sizes) > 1 else 1
    figure = make_subplots(rows=rows, cols=1, shared_xaxes=True, vertical_spacing=0.06)
    later = Counter(line for curve in curves for line in (curve.rates, curve.batch_sizes))
    for curve in curves:
        look = styles[curve.trial]
        later.subtract([curve.rates, curve.batch_sizes])
        rates = rates_line(curve, look, later[curve.rates]) | {"showlegend": True}
        figure.add_trace(rates, row=1, col=1)
        if rows > 1:
            figure.add_trace(sizes_line(curve, look, later[curve.batch_sizes]), row=2, col=1)
    positive = all(rate > 0 for curve in curves for _, rate in curve.rates)
    figure.update_yaxes(title_text="learning rate", type="log" if positive else "linear", row=1, col=1)
    if positive:
        powers = [math.log10(rate) for curve in curves for _, rate in curve.rates]
        ticks = log_ticks((min(powers) - _BEYOND, max(powers) + _BEYOND))
        figure.update_yaxes(tickvals=ticks, ticktext=[f"{tick:.3g}" for tick in ticks], row=1, col=1)
    if rows > 1:
        figure.update_yaxes(title_text="batch size", row=2, col=1)
        figure.update_yaxes(batch_axis(sorted(sizes)), row=2, col=1)
    epochs = max(len(curve.acc) for curve in curves)
    figure.update_xaxes(tick0=0, dtick=every(epochs), range=[0, epochs * 1.01])
    figure.update_xaxes(title_text="epochs trained", row=rows, col=1)
    dressed(figure, "Learning-rate plans", height=340 + 160 * (rows - 1))
    return {"plans": with_legend_below(figure, len(curves))}
