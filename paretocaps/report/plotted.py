"""A figure taken apart for a page: what plotly draws, and what the page writes around it.

A title that wraps, a legend below that has as many lines as it needs, and buttons that the keyboard reaches
are parts of the page; in plotly's picture they would be cut or would cover each other on a narrow screen.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paretocaps.report.shared_arrays import SharedArrays, script_json
from paretocaps.report.style import MARGIN_TOP

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_TOP = 18
"""Pixels above a plot without title and buttons."""
_TOP_OF_PANELS = 36
"""The same where panels have titles of their own."""
_LEGEND_ENTRY = 11
"""Pixels that figures with a legend below keep free for each of its names, of which two are in a line."""


@dataclass(frozen=True)
class LegendEntry:
    """A name in a legend, and the look of what it stands for.

    Attributes:
        name: the text.
        traces: the indices of the traces that it shows and hides.
        color: the colour; that of the first marker where they differ.
        dash: plotly's name of the line's dash; empty where no line is drawn.
        symbol: plotly's name of the marker; empty where none is drawn.
    """

    name: str
    traces: tuple[int, ...]
    color: str
    dash: str = ""
    symbol: str = ""

    @property
    def hollow(self) -> bool:
        """Whether the marker is only an outline."""
        return "-open" in self.symbol

    @property
    def shape(self) -> str:
        """The marker's form, without what is said of its filling."""
        return self.symbol.removesuffix("-dot").removesuffix("-open")


@dataclass(frozen=True)
class Plotted:
    """A figure for a page.

    Attributes:
        title: what it shows.
        name: what pictures that a reader saves are called.
        height: pixels of the plot.
        turns: whether it has three dimensions, which take a second to draw where there is no GPU.
        narrowest: pixels below which it is not squeezed, but scrolls; 0 where it may have any width.
        legend: what the page writes below it.
        buttons: names and changes of the layout, of which the first is in force.
        payload: JSON of plotly's data, layout and configuration, without the arrays that figures share.
    """

    title: str
    name: str
    height: int
    turns: bool
    narrowest: int
    legend: tuple[LegendEntry, ...]
    buttons: tuple[tuple[str, str], ...]
    payload: str


def plotted(figure: "Figure", name: str, arrays: SharedArrays | None = None) -> Plotted:
    """Return a figure taken apart; `name` is that of saved pictures.

    Its `layout.meta` may have `narrowest` (see `Plotted`), and `top`, the pixels that its plot needs above.
    Its long arrays go to `arrays`, if there are any, and are not in the payload then.
    """
    drawn: dict[str, Any] = figure.to_dict()
    layout, traces = drawn["layout"], drawn["data"]
    title = layout.pop("title", {}).get("text", "")
    menus = layout.pop("updatemenus", [])
    legend, meta = _legend(traces, layout), layout.pop("meta", {})
    top = meta.get("top", _TOP_OF_PANELS if layout.get("annotations") else _TOP)
    height = _height(layout, legend, top)
    margin = layout.get("margin", {}) | {"t": top}
    layout |= {"showlegend": False, "margin": margin, "height": height}
    layout.pop("legend", None)
    plain = re.sub(r"[^\w.-]+", "_", name)
    config = {"responsive": True, "displaylogo": False, "toImageButtonOptions": {"filename": plain}}
    return Plotted(
        title=title,
        name=plain,
        height=height,
        turns="scene" in layout,
        narrowest=meta.get("narrowest", 0),
        legend=legend,
        buttons=tuple(
            (button["label"], json.dumps(button["args"][0])) for menu in menus for button in menu["buttons"]
        ),
        payload=script_json(
            {
                "data": traces if arrays is None else arrays.taken_out(traces),
                "layout": layout,
                "config": config,
            }
        ),
    )


def _height(layout: Mapping[str, Any], legend: Sequence[LegendEntry], top: int) -> int:
    """Return the plot's height without what the figure keeps free for plotly's title, buttons and legend."""
    kept = int(layout.get("margin", {}).get("t", MARGIN_TOP)) - top
    below = layout.get("legend", {}).get("yref") == "container"
    return int(layout["height"]) - kept - (_LEGEND_ENTRY * len(legend) if below else 0)


def _legend(traces: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]) -> tuple[LegendEntry, ...]:
    if layout.get("showlegend") is False:
        return ()
    shown = [n for n, trace in enumerate(traces) if trace.get("showlegend", True) and trace.get("name")]
    if len(shown) < 2 and not layout.get("showlegend"):
        return ()
    found: dict[str, LegendEntry] = {}
    for number in shown:
        trace = traces[number]
        group = trace.get("legendgroup") or f"trace {number}"
        together = [n for n, one in enumerate(traces) if one.get("legendgroup") == trace.get("legendgroup")]
        own = tuple(together) if trace.get("legendgroup") else (number,)
        found.setdefault(group, _entry(trace, own))
    return tuple(found.values())


def _entry(trace: Mapping[str, Any], traces: tuple[int, ...]) -> LegendEntry:
    mode, line, marker = trace.get("mode", ""), trace.get("line", {}), trace.get("marker", {})
    lined = "lines" in mode
    marked = "markers" in mode or not lined
    color = line.get("color") if lined else None
    color = color or _first(marker.get("color")) or "#1f2933"
    symbol = _first(marker.get("symbol", "circle" if "markers" in mode else "square")) if marked else ""
    return LegendEntry(
        trace["name"], traces, color, line.get("dash", "solid") if lined else "", symbol or "circle" * marked
    )


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value
