"""The figures of the policies: one per family, with accuracy, learning rate and batch size by epoch."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from paretocaps.domain.estimate import Estimate
from paretocaps.report.line_styles import LineStyle
from paretocaps.report.policies import PolicyCurve
from paretocaps.report.series import plain
from paretocaps.report.style import MARGIN_TOP, dressed
from paretocaps.report.training_figures import batch_axis, every, with_legend_below

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_CROWDED = 0.3
"""Below this share of the axis the accuracies of the later half are too crowded to read."""
_WIDEST = 9
_OPACITY, _CLEAR = 0.15, 5
"""The opacity of a band where at most five lie over each other; that of more is lower."""
_ROW = 250


def policies_figures(curves: Sequence[PolicyCurve], styles: Mapping[int, LineStyle]) -> "dict[str, Figure]":
    """Return a figure for each family, by an identifier with its name, in the order of first appearance.

    Each has a panel for accuracy (the mean over the seeds; a band where there is an interval), one for the
    learning rate and, unless all batch sizes are the same, one for the batch size (as in FasTrCaps, Fig. 4a,
    6 and 8c). Where lines are equal, the earlier ones are drawn wider, so that all can be seen.

    Args:
        curves: at least one.
        styles: the lines of their trials.
    """
    families = dict.fromkeys(curve.family for curve in curves)
    by_family = {family: [curve for curve in curves if curve.family == family] for family in families}
    return {
        f"policies-{family}" if family else "policies": _figure(family, own, styles)
        for family, own in by_family.items()
    }


def _figure(family: str, curves: Sequence[PolicyCurve], styles: Mapping[int, LineStyle]) -> "Figure":
    from plotly.subplots import make_subplots

    sizes = {size for curve in curves for size in curve.batch_sizes}
    heights = [0.5, 0.28, 0.22] if len(sizes) > 1 else [0.62, 0.38]
    rows = len(heights)
    figure = make_subplots(rows=rows, cols=1, shared_xaxes=True, row_heights=heights, vertical_spacing=0.05)
    later = Counter(line for curve in curves for line in (curve.rates, curve.batch_sizes))
    for curve in curves:
        look = styles[curve.trial]
        later.subtract([curve.rates, curve.batch_sizes])
        figure.add_trace(_band(curve, look, _OPACITY / max(1.0, len(curves) / _CLEAR)), row=1, col=1)
        figure.add_trace(_accuracy(curve, look), row=1, col=1)
        figure.add_trace(rates_line(curve, look, later[curve.rates]), row=2, col=1)
        if rows > 2:
            figure.add_trace(sizes_line(curve, look, later[curve.batch_sizes]), row=3, col=1)
    epochs = max(len(curve.acc) for curve in curves)
    figure.update_yaxes(title_text="validation accuracy", row=1, col=1)
    figure.update_yaxes(title_text="learning rate", rangemode="tozero", row=2, col=1)
    if rows > 2:
        figure.update_yaxes(title_text="batch size", row=3, col=1)
        figure.update_yaxes(batch_axis(sorted(sizes)), row=3, col=1)
    figure.update_xaxes(tick0=0, dtick=every(epochs), range=[0, epochs * 1.01])
    figure.update_xaxes(title_text="epochs trained", row=rows, col=1)
    dressed(figure, f"Policies: {family}" if family else "Policies", height=_ROW * rows + MARGIN_TOP)
    with_legend_below(figure, len(curves))
    _zoom(figure, curves)
    return figure


def _band(curve: PolicyCurve, look: LineStyle, opacity: float) -> dict[str, Any]:
    """Return the trace of the interval around the mean accuracy, empty where no epoch has one."""
    found = [
        (n, point.low, point.high) for n, point in enumerate(curve.acc, start=1) if point.low is not None
    ]
    forth, back = found, found[::-1]
    return {
        "type": "scatter",
        "x": [n for n, _, _ in forth] + [n for n, _, _ in back],
        "y": [high for _, _, high in forth] + [low for _, low, _ in back],
        "fill": "toself",
        "fillcolor": look.faint(opacity),
        "line": {"width": 0},
        "mode": "lines",
        "hoverinfo": "skip",
        "legendgroup": str(curve.trial),
        "showlegend": False,
    }


def _accuracy(curve: PolicyCurve, look: LineStyle) -> dict[str, Any]:
    listed = [", ".join(curve.choices[first : first + 3]) for first in range(0, len(curve.choices), 3)]
    about = "".join(f"<br>{plain(line)}" for line in listed)
    seeds = f", mean of {curve.seeds} seeds" if curve.seeds > 1 else ""
    texts = [
        f"epoch {n}: acc {point.value:.4f}{seeds}"
        + ("" if point.low is None else f"<br>95 %: {point.low:.4f} to {point.high:.4f}")
        + about
        for n, point in enumerate(curve.acc, start=1)
    ]
    return _line(curve, look, list(range(1, len(curve.acc) + 1)), curve.means) | {
        "mode": "lines+markers",
        "marker": {"size": 5, "symbol": look.symbol},
        "text": texts,
        "hovertemplate": "%{text}<extra>%{fullData.name}</extra>",
        "showlegend": True,
    }


def rates_line(curve: PolicyCurve, look: LineStyle, equal: int) -> dict[str, Any]:
    """Return the trace of a trial's learning rates, the wider the more `equal` lines are drawn over it."""
    line = _line(curve, look, [at for at, _ in curve.rates], [rate for _, rate in curve.rates], equal)
    return line | {
        "hovertemplate": "after %{x:.3g} epochs: learning rate %{y:.3g}<extra>%{fullData.name}</extra>"
    }


def sizes_line(curve: PolicyCurve, look: LineStyle, equal: int) -> dict[str, Any]:
    """Return the trace of a trial's batch sizes, the wider the more `equal` lines are drawn over it."""
    sizes = [*curve.batch_sizes, curve.batch_sizes[-1]]
    line = _line(curve, look, list(range(len(sizes))), sizes, equal)
    line["line"] |= {"shape": "hv"}
    return line | {"hovertemplate": "after %{x} epochs: batch size %{y:,}<extra>%{fullData.name}</extra>"}


def _line(
    curve: PolicyCurve, look: LineStyle, x: Sequence[float], y: Sequence[float], equal: int = 0
) -> dict[str, Any]:
    """Return the trace of a line, the wider the more `equal` lines are drawn over it."""
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "lines",
        "name": curve.name,
        "legendgroup": str(curve.trial),
        "line": {"color": look.color, "dash": look.dash, "width": min(2 + 2 * equal, _WIDEST)},
        "showlegend": False,
    }


def _zoom(figure: "Figure", curves: Sequence[PolicyCurve]) -> None:
    """Fit the axis of accuracies to the later half of the epochs where that would be crowded else."""
    later = [end for curve in curves for point in curve.acc[len(curve.acc) // 2 :] for end in _ends(point)]
    everything = [end for curve in curves for point in curve.acc for end in _ends(point)]
    low, high = _padded(later)
    lowest, highest = _padded(everything)
    if high - low >= _CROWDED * (highest - lowest):
        figure.update_yaxes(range=[lowest, highest], row=1, col=1)
        return
    figure.update_yaxes(range=[low, high], row=1, col=1)
    buttons = [
        {"label": label, "method": "relayout", "args": [{"yaxis.range": span}]}
        for label, span in (("Show later epochs", [low, high]), ("Show all epochs", [lowest, highest]))
    ]
    place = {"type": "buttons", "direction": "right", "x": 1.0, "xanchor": "right"}
    place |= {"y": 1.0, "yanchor": "bottom", "pad": {"b": 6}, "buttons": buttons, "font": {"size": 12}}
    figure.update_layout(updatemenus=[place], margin_t=MARGIN_TOP - 15)


def _ends(point: Estimate) -> list[float]:
    """Return the accuracy, and the ends of its interval as far as they are shares."""
    ends = (point.value, point.low, point.high)
    return [min(max(end, 0.0), 1.0) for end in ends if end is not None]


def _padded(values: Sequence[float]) -> tuple[float, float]:
    pad = 0.05 * (max(values) - min(values)) or 0.01
    return min(values) - pad, max(values) + pad
