"""How much each choice matters for each objective, as bars."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from paretocaps.report.style import CYCLE, dressed

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Importance = Mapping[str, Mapping[str, float]]
"""By objective, the share of each choice in who is among the best trials."""

_SHOWN = 12
_BAR = 9


def leading_choices(importance: Importance) -> list[str]:
    """Return the choices by their mean share over the objectives, most first."""
    names = dict.fromkeys(name for shares in importance.values() for name in shares)
    return sorted(names, key=lambda name: -sum(shares.get(name, 0.0) for shares in importance.values()))


def importance_figure(importance: Importance) -> "dict[str, Figure]":
    """Return the figure by its identifier, with the choices that matter most; nothing where none is known."""
    from plotly.graph_objects import Bar, Figure

    names = [name for name in leading_choices(importance) if any(_of(importance, name))][:_SHOWN]
    if not names:
        return {}
    figure = Figure()
    for number, (objective, shares) in enumerate(importance.items()):
        figure.add_trace(
            Bar(
                name=objective,
                y=names,
                x=[shares.get(name, 0.0) for name in names],
                orientation="h",
                marker={"color": CYCLE[number % len(CYCLE)]},
                hovertemplate=f"{objective}: %{{y}} %{{x:.0%}}<extra></extra>",
            )
        )
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    figure.update_xaxes(title_text="share of all choices", tickformat=".0%", rangemode="tozero")
    figure.update_layout(barmode="group", bargap=0.25, showlegend=True)
    height = 190 + len(names) * (10 + _BAR * len(importance))
    return {"importance": dressed(figure, "Which choices matter", height=height)}


def _of(importance: Importance, name: str) -> list[float]:
    return [shares.get(name, 0.0) for shares in importance.values()]
