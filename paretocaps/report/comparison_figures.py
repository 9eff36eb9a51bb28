"""Figures of the fronts of several studies, in one picture."""

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from paretocaps.domain.front_record import FrontRecord
from paretocaps.domain.objective import Objective
from paretocaps.report.series import Points, extent, plain, points, staircase
from paretocaps.report.style import CYCLE, axis, dressed

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_SYMBOLS = ("circle", "diamond", "square", "x")
_HEIGHT = 460


def comparison_figures(fronts: Sequence[FrontRecord], objectives: Sequence[Objective]) -> "list[Figure]":
    """Return the fronts over the first three objectives, if there are so many, and over every pair.

    Each study has one colour and one symbol in all figures.
    """
    shown = [points(front.members, objectives) for front in fronts]
    names = [plain(front.study) for front in fronts]
    pairs = [_pair(names, shown, objectives, x, y) for y, x in combinations(range(len(objectives)), 2)]
    return ([_solid(names, shown, objectives)] if len(objectives) > 2 else []) + pairs


def _pair(
    names: Sequence[str], shown: Sequence[Points], objectives: Sequence[Objective], x: int, y: int
) -> "Figure":
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    for place, (name, own) in enumerate(zip(names, shown, strict=True)):
        colour = CYCLE[place % len(CYCLE)]
        corners = staircase(own, objectives, x, y) if len(own) else []
        line = {"x": [one[0] for one in corners], "y": [one[1] for one in corners], "mode": "lines"}
        figure.add_trace(
            Scatter(
                **line,
                line={"color": colour, "width": 1.5},
                legendgroup=name,
                showlegend=False,
                hoverinfo="skip",
            )
        )
        figure.add_trace(
            Scatter(
                x=own.column(x),
                y=own.column(y),
                mode="markers",
                name=name,
                legendgroup=name,
                marker={"color": colour, "size": 9, "symbol": _SYMBOLS[place % len(_SYMBOLS)]},
                customdata=list(own.hover),
                hovertemplate=own.template,
            )
        )
    for update, index in ((figure.update_xaxes, x), (figure.update_yaxes, y)):
        values = [value for own in shown for value in own.column(index)]
        update(axis(objectives[index], extent(objectives[index], values, values)))
    return dressed(figure, f"{objectives[y].name} over {objectives[x].name}", height=_HEIGHT)


def _solid(names: Sequence[str], shown: Sequence[Points], objectives: Sequence[Objective]) -> "Figure":
    from plotly.graph_objects import Figure, Scatter3d

    figure = Figure()
    for place, (name, own) in enumerate(zip(names, shown, strict=True)):
        marker = {"color": CYCLE[place % len(CYCLE)], "size": 5, "symbol": _SYMBOLS[place % len(_SYMBOLS)]}
        figure.add_trace(
            Scatter3d(
                x=own.column(1),
                y=own.column(2),
                z=own.column(0),
                mode="markers",
                name=name,
                marker=marker,
                customdata=list(own.hover),
                hovertemplate=own.template,
            )
        )
    for scene, index in (("xaxis", 1), ("yaxis", 2), ("zaxis", 0)):
        values = [value for own in shown for value in own.column(index)]
        span = extent(objectives[index], values, values)
        figure.update_layout({f"scene_{scene}": axis(objectives[index], span, turns=True)})
    figure.update_layout(scene_aspectmode="cube")
    dressed(figure, "{}, {} and {}".format(*(o.name for o in objectives[:3])), height=680)
    return figure.update_layout(margin={"l": 0, "r": 10, "b": 0})
