"""The figures of a study's progress: the hypervolume of its front over trials and over training time."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from paretocaps.domain.history_step import HistoryStep
from paretocaps.report.style import CYCLE, dressed

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def progress_figures(history: Sequence[HistoryStep]) -> "dict[str, Figure]":
    """Return the hypervolume of the whole front, without bounds, over finished trials and training time.

    Args:
        history: a step per finished trial, in order; at least one.
    """
    shown = _rising(history)
    over: dict[str, tuple[str, Sequence[float]]] = {
        "progress": ("finished trials", [step.trials for step in shown]),
        "progress over time": ("training seconds", [step.training_seconds for step in shown]),
    }
    volumes = [step.hypervolume for step in shown]
    return {name: _figure(title, places, volumes) for name, (title, places) in over.items()}


def _rising(history: Sequence[HistoryStep]) -> list[HistoryStep]:
    """Return the steps that change the hypervolume, the first and the last; the line is the same."""
    changed = [two for one, two in pairwise(history) if two.hypervolume != one.hypervolume]
    return list(dict.fromkeys([history[0], *changed, history[-1]]))


def _figure(title: str, places: Sequence[float], volumes: Sequence[float]) -> "Figure":
    from plotly.graph_objects import Figure, Scatter

    line = Scatter(
        x=list(places),
        y=list(volumes),
        mode="lines",
        line={"shape": "hv", "color": CYCLE[0], "width": 2},
        hovertemplate="after %{x:.6g} " + title + ": %{y:.4f}<extra></extra>",
    )
    figure = Figure(line)
    figure.update_xaxes(title_text=title)
    figure.update_yaxes(title_text="share of the ideal")
    return dressed(figure, f"Hypervolume of the front over {title}", height=380)
