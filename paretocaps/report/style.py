"""The look of all figures: one template, colours that colour-blind readers can tell apart, axis titles."""

from typing import TYPE_CHECKING, Any

from paretocaps.domain.objective import Objective
from paretocaps.report.series import Extent, log_ticks
from paretocaps.report.tables import with_prefix

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
INK = "#1f2933"
FAINT = "#8795a1"
GRID = "#e4e8ec"
FRONT_COLOUR = "#0072b2"
KNEE_COLOUR = "#d55e00"
CYCLE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
"""The colours of Okabe and Ito (2008), without the yellow, which is too light on white."""

MARGIN_TOP = 115
"""Pixels above a plot, for the title, the buttons, and a legend of up to two lines."""
BUTTONS_ABOVE = 50
"""Pixels between a plot and its buttons, for the legend."""

_AXIS = {
    "gridcolor": GRID,
    "linecolor": FAINT,
    "zeroline": False,
    "showline": True,
    "ticks": "outside",
    "tickcolor": FAINT,
    "ticklen": 4,
    "automargin": True,
    "title": {"standoff": 10, "font": {"size": 14}},
}
_SCENE_AXIS = {
    "backgroundcolor": "#f7f9fa",
    "gridcolor": "#d5dbe1",
    "linecolor": FAINT,
    "showbackground": True,
    "zeroline": False,
    "title": {"font": {"size": 13}},
    "tickfont": {"size": 11},
}


def dressed(figure: "Figure", title: str, height: int) -> "Figure":
    """Give `figure` the project's look, a title and a height in pixels; return it."""
    from plotly.graph_objs.layout import Template

    layout = {
        "font": {"family": FONT, "size": 13, "color": INK},
        "title": {"x": 0.0, "xref": "paper", "xanchor": "left", "y": 1.0, "yanchor": "top", "pad": {"t": 14}}
        | {"font": {"size": 16}},
        "colorway": list(CYCLE),
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "xaxis": _AXIS,
        "yaxis": _AXIS,
        "scene": {"xaxis": _SCENE_AXIS, "yaxis": _SCENE_AXIS, "zaxis": _SCENE_AXIS},
        "legend": {"orientation": "h", "x": 0.0, "y": 1.0, "xanchor": "left", "yanchor": "bottom"},
        "hoverlabel": {"align": "left", "font": {"size": 12}},
        "margin": {"l": 70, "r": 25, "t": MARGIN_TOP, "b": 65},
    }
    figure.update_layout(template=Template(layout=layout), title_text=title, height=height)
    return figure


def axis(objective: Objective, span: Extent, *, turns: bool = False) -> dict[str, Any]:
    """Return an axis' title (with unit and better side), range, and ticks with SI prefixes on large numbers.

    Args:
        objective: the objective on the axis.
        span: its ranges; that of the front is used where there is one.
        turns: whether the axis turns with the reader's camera, so that no arrow can point to the better side.
    """
    less = objective.direction == "minimize"
    unit = f" [{objective.unit}]" if objective.unit else ""
    title = f"{objective.name}{unit}, {'less' if less else 'more'} is better"
    if not turns:
        title = f"← {title}" if less else f"{title} →"
    options: dict[str, Any] = {"title": {"text": title}, "range": list(span.front or span.everything)}
    options["type"] = "log" if span.log else "linear"
    if span.log:
        ticks = log_ticks(span.everything)
        return options | {
            "tickvals": ticks,
            "ticktext": [with_prefix(tick).replace(" ", "") for tick in ticks],
        }
    if objective.unit == "B" or (objective.unit == "" and less):
        options["tickformat"] = "~s"
    return options | {"nticks": 6 if turns else 8}
