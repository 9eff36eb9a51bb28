"""Figures of trainings: accuracy and losses by epoch, and a plan of learning rate and batch size."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Literal

from paretocaps.domain.measurement import EpochRecord
from paretocaps.report.line_styles import LineStyle, line_styles
from paretocaps.report.series import evenly, thinned
from paretocaps.report.style import CYCLE, dressed

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

CURVES = 12
_STEPS = 4000
_LEGEND_LINE, _A_LINE = 22, 2
"""The height of a line of a legend, and how many names it holds on a narrow screen."""


_TITLES = {
    "epoch": ("epoch", "epoch"),
    "time": ("training seconds", "training time"),
    "cpu_time": ("CPU seconds of training", "CPU time"),
}
"""By what epochs are placed: the title of the axis, and what the figure's title calls it."""


def epochs_figure(
    curves: Mapping[int, Sequence[EpochRecord]],
    labels: Mapping[int, str] | None = None,
    styles: Mapping[int, LineStyle] | None = None,
    *,
    along: Literal["epoch", "time", "cpu_time"] = "epoch",
) -> "Figure":
    """Return the validation accuracy after each epoch, one line per trial.

    Args:
        curves: epoch records by trial number; of more than 12 trials, 12 evenly spaced ones are drawn.
        labels: names of the trials in the legend; by default their numbers.
        styles: the lines of the trials; by default those of `line_styles`.
        along: by what the epochs are placed: their number, or the seconds or CPU seconds of training up to
            their end; an epoch whose CPU seconds are not known counts as none.
    """
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    trials = list(curves)
    shown = [trials[index] for index in evenly(len(trials), CURVES)]
    looks = styles or line_styles(dict.fromkeys(shown, ""))
    for trial in shown:
        records = curves[trial]
        hover = [f"epoch {r.epoch}: acc {r.acc:.4f}<br>{r.time:.3g} s of training" for r in records]
        figure.add_trace(
            Scatter(
                x=_places(records, along),
                y=[record.acc for record in records],
                mode="lines+markers",
                line={"color": looks[trial].color, "dash": looks[trial].dash, "width": 2},
                marker={"size": 5, "symbol": looks[trial].symbol},
                name=(labels or {}).get(trial, f"trial {trial}"),
                text=hover,
                hovertemplate="%{text}<extra>%{fullData.name}</extra>",
            )
        )
    if along != "epoch":
        figure.update_xaxes(title_text=_TITLES[along][0], rangemode="tozero")
    else:
        epochs = max((len(curves[trial]) for trial in shown), default=0)
        figure.update_xaxes(title_text="epoch", tick0=1, dtick=every(epochs))
    figure.update_yaxes(title_text="validation accuracy, more is better →")
    some = f" ({len(shown)} of {len(trials)} trials)" if len(shown) < len(trials) else ""
    dressed(figure, f"Accuracy by {_TITLES[along][1]}{some}", height=460)
    return with_legend_below(figure, len(figure.data)).update_layout(showlegend=True)


def _places(records: Sequence[EpochRecord], along: str) -> list[float]:
    if along == "cpu_time":
        return list(accumulate(record.cpu_seconds or 0.0 for record in records))
    return [record.time if along == "time" else record.epoch for record in records]


def plan_figure(
    steps: Sequence[int],
    learning_rates: Sequence[float],
    batch_sizes: Sequence[int],
    title: str = "Training plan",
) -> "Figure":
    """Return learning rate and batch size over the optimiser steps, one above the other.

    Args:
        steps, learning_rates, batch_sizes: one entry per step, or per step of a selection; of long plans
            only the extremes are drawn.
        title: the figure's title.
    """
    from plotly.graph_objects import Scatter
    from plotly.subplots import make_subplots

    kept = set(thinned(len(steps), _STEPS, learning_rates))
    changes = {i for i in range(1, len(steps)) if batch_sizes[i] != batch_sizes[i - 1]}
    drawn = sorted(kept | changes | {index - 1 for index in changes})
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.65, 0.35], vertical_spacing=0.08)
    rows: tuple[tuple[int, str, Sequence[float], str], ...] = (
        (1, "learning rate", learning_rates, "linear"),
        (2, "batch size", batch_sizes, "hv"),
    )
    for row, name, series, shape in rows:
        line = {"color": CYCLE[row - 1], "width": 2, "shape": shape}
        x, y = [steps[i] for i in drawn], [series[i] for i in drawn]
        template = f"step %{{x:,}}: {name} %{{y:~g}}<extra></extra>"
        figure.add_trace(Scatter(x=x, y=y, mode="lines", line=line, hovertemplate=template), row=row, col=1)
        figure.update_yaxes(title_text=name, rangemode="tozero", row=row, col=1)
    figure.update_yaxes(batch_axis([batch_sizes[i] for i in drawn]), row=2, col=1)
    figure.update_xaxes(title_text="optimiser step", row=2, col=1)
    figure.update_layout(showlegend=False)
    return dressed(figure, title, height=520).update_layout(margin_t=60)


def with_legend_below(figure: "Figure", names: int) -> "Figure":
    """Give a dressed figure a legend of so many names below its plot, for which it grows; return it.

    There the plot keeps its width on a narrow screen.
    """
    legend = {"yref": "container", "y": 0.0, "yanchor": "bottom"}
    height = figure.layout.height + -(-names // _A_LINE) * _LEGEND_LINE
    return figure.update_layout(legend=legend, showlegend=True, margin_t=60, margin_b=60, height=height)


def every(epochs: int) -> int:
    """Return how many epochs lie between two ticks, so that there are at most 15 of them."""
    return max(1, -(-epochs // 15))


def batch_axis(batch_sizes: Sequence[int]) -> dict[str, Any]:
    """Return an axis with a tick at every batch size; it is logarithmic where there are several."""
    sizes = sorted(set(batch_sizes))
    log = len(sizes) > 1
    return {"type": "log" if log else "linear", "tickvals": sizes, "ticktext": [f"{s:,}" for s in sizes]}
