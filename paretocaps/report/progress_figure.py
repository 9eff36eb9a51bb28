"""The figure of a study's progress: the hypervolume of its front by finished trial."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from paretocaps.report.style import CYCLE, dressed

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def progress_figure(history: Sequence[tuple[int, float]], trials: int) -> "Figure":
    """Return the hypervolume of the whole front, without bounds, against the number of finished trials.

    Args:
        history: (finished trials, hypervolume) whenever the front changed, in order; at least one.
        trials: the number of finished trials, where the line ends.
    """
    from plotly.graph_objects import Figure, Scatter

    steps = [*history, (max(trials, history[-1][0]), history[-1][1])]
    line = Scatter(
        x=[count for count, _ in steps],
        y=[volume for _, volume in steps],
        mode="lines",
        line={"shape": "hv", "color": CYCLE[0], "width": 2},
        hovertemplate="after %{x} trials: %{y:.6g}<extra></extra>",
    )
    figure = Figure(line)
    figure.update_xaxes(title_text="finished trials")
    figure.update_yaxes(title_text="hypervolume")
    return dressed(figure, "Hypervolume of the front by finished trial", height=380)
