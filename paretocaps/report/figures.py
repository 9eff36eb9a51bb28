"""Figures of a front, in three and in two dimensions."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.report.front_layers import KNEE, Apart, Layers, layers_of, of_scene
from paretocaps.report.line_styles import LineStyle
from paretocaps.report.series import Extent, Points, extent, is_point, staircase
from paretocaps.report.style import BUTTONS_ABOVE, FAINT, FRONT_COLOUR, MARGIN_TOP, axis, dressed

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_CAMERA = {"eye": {"x": -1.6, "y": -1.6, "z": 0.65}, "center": {"x": 0.0, "y": 0.0, "z": -0.15}}


def front_figures(
    front: FrontRecord,
    trials: Sequence[FrontMember] = (),
    styles: Mapping[int, LineStyle] | None = None,
    apart: Apart | None = None,
) -> "dict[str, Figure]":
    """Return every figure of a front: 3-D over its first three objectives, 2-D for every pair.

    Args:
        front: the front, whose members have a colour and a number each, and are hollow where they are loaded
            or shared.
        trials: all finished trials, drawn faint; members among them are not drawn twice.
        styles: the colours and markers of the members; by default those of `line_styles`.
        apart: what is drawn besides, but is no finished trial.

    Returns:
        Figures by an identifier that depends only on the objectives: "front-acc-time-params",
        "front-acc-time", ...; none where no trial has a finite value in every objective.
    """
    if not _drawable(front, trials):
        return {}
    names = [objective.name for objective in front.objectives]
    layers = layers_of(front, trials, styles, apart)
    solid = {"-".join(["front", *names[:3]]): _solid(front, layers)} if len(names) > 2 else {}
    pairs = combinations(range(len(names)), 2)
    return solid | {f"front-{names[y]}-{names[x]}": _pair(front, layers, x, y) for y, x in pairs}


def front_3d(front: FrontRecord, trials: Sequence[FrontMember] = ()) -> "Figure":
    """Return the front over its first three objectives; the first is on the vertical axis.

    Every member stands on a stem, so that its position on the floor can be read.
    """
    return _solid(front, layers_of(front, trials))


def _solid(front: FrontRecord, layers: Layers) -> "Figure":
    from plotly.graph_objects import Figure, Scatter3d

    z, x, y = (_extent(front, layers, index) for index in (0, 1, 2))
    figure = Figure()
    for layer in layers.in_space:
        shown = layer.shown
        place = {"x": shown.array(1), "y": shown.array(2), "z": shown.array(0)}
        look = {"mode": layer.mode, "name": layer.name, "marker": of_scene(layer.marker)}
        figure.add_trace(Scatter3d(**place, **look, text=layer.texts, **_hover(shown)))
    floor = (z.front or z.everything)[0]
    stems = [
        (row[1], row[2], height)
        for row in layers.members.values
        for height in (10**floor if z.log else floor, row[0], None)
    ]
    sx, sy, sz = zip(*stems, strict=True) if stems else ((), (), ())
    line = {"color": FRONT_COLOUR, "width": 1.5}
    figure.add_trace(
        Scatter3d(x=sx, y=sy, z=sz, mode="lines", line=line, opacity=0.4, hoverinfo="skip", showlegend=False)
    )
    for name, index, span in (("xaxis", 1, x), ("yaxis", 2, y), ("zaxis", 0, z)):
        figure.update_layout({f"scene_{name}": axis(front.objectives[index], span, turns=True)})
    figure.update_layout(scene_camera=_CAMERA, scene_aspectmode="cube")
    _zoom_buttons(figure, {f"scene.{n}": span for n, span in (("xaxis", x), ("yaxis", y), ("zaxis", z))})
    dressed(figure, "{}, {} and {}".format(*(o.name for o in front.objectives[:3])), height=680)
    return figure.update_layout(margin={"l": 0, "r": 10, "b": 0})


def front_2d(front: FrontRecord, trials: Sequence[FrontMember], x: int, y: int) -> "Figure":
    """Return the front over two of its objectives, by index, with the step line of the front of these two.

    Bars show the members' 95 % intervals; a wide one may leave the figure.
    """
    return _pair(front, layers_of(front, trials), x, y)


def _pair(front: FrontRecord, layers: Layers, x: int, y: int) -> "Figure":
    from plotly.graph_objects import Figure, Scatter

    across, up = (_extent(front, layers, index) for index in (x, y))
    figure = Figure()
    if corners := staircase(layers.members, front.objectives, x, y):
        along, height = zip(*corners, strict=True)
        look = {"mode": "lines", "line": {"color": FRONT_COLOUR, "width": 1.5}}
        figure.add_trace(Scatter(x=along, y=height, name="front of these two", hoverinfo="skip", **look))
    on_front = set(layers.members.trials)
    for layer in layers.drawn:
        shown = layer.shown
        place = {"x": shown.array(x), "y": shown.array(y)}
        bars = _bars(shown, x, y) if set(shown.trials) <= on_front and layer.kind != KNEE else {}
        look = {"mode": layer.mode, "name": layer.name, "marker": layer.marker}
        texts = {"text": layer.texts, "textposition": "top right"} if layer.texts else {}
        figure.add_trace(Scatter(**place, **bars, **look, **texts, **_hover(shown)))
    figure.update_xaxes(axis(front.objectives[x], across))
    figure.update_yaxes(axis(front.objectives[y], up))
    _zoom_buttons(figure, {"xaxis": across, "yaxis": up})
    return dressed(figure, f"{front.objectives[y].name} over {front.objectives[x].name}", height=440)


def placeholder(text: str) -> "Figure":
    """Return a figure that shows nothing but `text`."""
    from plotly.graph_objects import Figure

    hidden = {"visible": False}
    return dressed(Figure(layout={"xaxis": hidden, "yaxis": hidden}), text, height=200)


def _drawable(front: FrontRecord, trials: Sequence[FrontMember]) -> bool:
    return any(is_point(trial, front.objectives) for trial in (*front.members, *trials))


def _extent(front: FrontRecord, layers: Layers, index: int) -> Extent:
    own = layers.members.reach(index)
    further = [value for layer in layers.drawn for value in layer.shown.column(index)]
    return extent(front.objectives[index], own, [*own, *further])


def _bars(shown: Points, x: int, y: int) -> dict[str, Any]:
    """Return the bars of the 95 % intervals along both axes, where there are any."""
    reach = {"error_x": shown.bars(x), "error_y": shown.bars(y)}
    style = {"type": "data", "symmetric": False, "color": FAINT, "thickness": 1, "width": 3}
    return {name: style | bars for name, bars in reach.items() if bars is not None}


def _hover(shown: Points) -> dict[str, Any]:
    import numpy as np

    # as an array of numpy plotly takes the texts as they are, instead of looking at each of them
    return {"customdata": np.array(shown.hover, dtype=object), "hovertemplate": shown.template}


def _zoom_buttons(figure: "Figure", axes: Mapping[str, Extent]) -> None:
    """Let the reader choose between the front and all trials, where some lie outside the front's frame."""
    if all(span.front is None for span in axes.values()):
        figure.update_layout(margin_t=MARGIN_TOP - 35)
        return
    choices = {
        "front": {f"{name}.range": list(span.front or span.everything) for name, span in axes.items()},
        "all trials": {f"{name}.range": list(span.everything) for name, span in axes.items()},
    }
    buttons = [{"label": f"Show {n}", "method": "relayout", "args": [a]} for n, a in choices.items()]
    place = {"type": "buttons", "direction": "right", "x": 1.0, "xanchor": "right"}
    place |= {"y": 1.0, "yanchor": "bottom", "pad": {"b": BUTTONS_ABOVE}}
    figure.update_layout(updatemenus=[place | {"buttons": buttons, "showactive": True, "font": {"size": 12}}])
