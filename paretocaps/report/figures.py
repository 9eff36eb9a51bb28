"""Figures of a front, in three and in two dimensions."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Any

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.report.series import Extent, Points, evenly, extent, is_point, points, staircase
from paretocaps.report.style import BUTTONS_ABOVE, FAINT, FRONT_COLOUR, KNEE_COLOUR, MARGIN_TOP, axis, dressed

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_MANY = 300
_DRAWN = 40_000
"""How many points all figures of a page have for other trials; more would make it larger than 10 MB."""
_FRONT, _KNEE = "front", "knee"
_CAMERA = {"eye": {"x": -1.6, "y": -1.6, "z": 0.65}, "center": {"x": 0.0, "y": 0.0, "z": -0.15}}

Layer = tuple[str, Points, dict[str, Any]]
"""A layer of a figure: its name, its points, and the marker of each."""


def front_figures(front: FrontRecord, trials: Sequence[FrontMember] = ()) -> "dict[str, Figure]":
    """Return every figure of a front: 3-D over its first three objectives, 2-D for every pair.

    Args:
        front: the front, whose members are drawn in colour, and hollow where they are loaded.
        trials: all finished trials, drawn faint; members among them are not drawn twice.

    Returns:
        Figures by an identifier that depends only on the objectives: "front-acc-time-params",
        "front-acc-time", ...; none where no trial has a finite value in every objective.
    """
    return {**solid_figures(front, trials), **pair_figures(front, trials)}


def solid_figures(front: FrontRecord, trials: Sequence[FrontMember] = ()) -> "dict[str, Figure]":
    """Return the 3-D figure by its identifier; nothing for two objectives, or without a trial to draw."""
    if len(front.objectives) < 3 or not _drawable(front, trials):
        return {}
    name = "-".join(objective.name for objective in front.objectives[:3])
    return {f"front-{name}": front_3d(front, trials)}


def pair_figures(front: FrontRecord, trials: Sequence[FrontMember] = ()) -> "dict[str, Figure]":
    """Return the 2-D figure of every pair of objectives, by identifier; nothing without a trial to draw."""
    if not _drawable(front, trials):
        return {}
    names, layers = [objective.name for objective in front.objectives], _split(front, trials)
    return {
        f"front-{names[y]}-{names[x]}": _pair(front, *layers, x, y)
        for y, x in combinations(range(len(names)), 2)
    }


def front_3d(front: FrontRecord, trials: Sequence[FrontMember] = ()) -> "Figure":
    """Return the front over its first three objectives; the first is on the vertical axis.

    Every member stands on a stem, so that its position on the floor can be read.
    """
    from plotly.graph_objects import Figure, Scatter3d

    members, others = _split(front, trials)
    z, x, y = (_extent(front, members, others, index) for index in (0, 1, 2))
    figure = Figure()
    for name, shown, marker in _layers(front, members, others, sizes=(3.5, 6.5, 8.0)):
        place = {"x": shown.column(1), "y": shown.column(2), "z": shown.column(0)}
        figure.add_trace(Scatter3d(**place, mode="markers", name=name, marker=marker, **_hover(shown)))
    floor = (z.front or z.everything)[0]
    stems = [
        (row[1], row[2], height)
        for row in members.values
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
    return _pair(front, *_split(front, trials), x, y)


def _pair(front: FrontRecord, members: Points, others: Points, x: int, y: int) -> "Figure":
    from plotly.graph_objects import Figure, Scatter

    across, up = (_extent(front, members, others, index) for index in (x, y))
    figure = Figure()
    corners = staircase(members, front.objectives, x, y)
    line, on_front = {"color": FRONT_COLOUR, "width": 1.5}, set(members.trials)
    figure.add_trace(
        Scatter(
            x=[corner[0] for corner in corners],
            y=[corner[1] for corner in corners],
            mode="lines",
            line=line,
            name="front of these two",
            hoverinfo="skip",
        )
    )
    for name, shown, marker in _layers(front, members, others, sizes=(6, 10, 13)):
        place = {"x": shown.column(x), "y": shown.column(y)}
        bars = _bars(shown, x, y) if set(shown.trials) <= on_front and name != _KNEE else {}
        figure.add_trace(Scatter(**place, **bars, mode="markers", name=name, marker=marker, **_hover(shown)))
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


def _split(front: FrontRecord, trials: Sequence[FrontMember]) -> tuple[Points, Points]:
    on_front = {member.trial for member in front.members}
    others = [trial for trial in trials if trial.trial not in on_front]
    # every figure embeds the text of every trial: with thousands of sets of choices a page would have 20 MB
    own, beaten = (points(some, front.objectives, len(some) >= _MANY) for some in (front.members, others))
    return own, beaten


def _extent(front: FrontRecord, members: Points, others: Points, index: int) -> Extent:
    own = members.reach(index)
    return extent(front.objectives[index], own, [*own, *others.column(index)])


def _layers(
    front: FrontRecord, members: Points, others: Points, sizes: tuple[float, float, float]
) -> list[Layer]:
    """Return name, points and marker of the other trials, the front's members and its knee.

    Trials that are loaded are a layer of their own, and hollow.
    """
    from paretocaps.pareto.decision import knee

    faint = {"size": sizes[0], "color": FAINT, "opacity": 0.5 if len(others) < _MANY else 0.2}
    count = len(front.objectives)
    drawn = others.only(evenly(len(others), _DRAWN // (comb(count, 2) + (count > 2))))
    of = "" if len(drawn) == len(others) else f" of {len(others)}"
    layers = _parted("other trials", drawn, faint, of)
    if len(members):
        edge = {"width": 1, "color": "white"}
        at = knee(members.values, front.objectives)
        chosen = members.only([at])
        strong = {"size": sizes[1], "color": FRONT_COLOUR, "line": edge}
        layers += _parted(_FRONT, members, strong)
        diamond = {"size": sizes[2], "color": KNEE_COLOUR, "symbol": "diamond", "line": edge}
        layers.append((_KNEE, chosen, _hollow(diamond) if chosen.loaded & {*chosen.trials} else diamond))
    return [layer for layer in layers if len(layer[1])]


def _parted(name: str, shown: Points, marker: dict[str, Any], of: str = "") -> list[Layer]:
    """Return the layers of trials, those that are loaded apart; `of` follows the number of the others."""
    quiet, loaded = shown.parted()
    hollow = (f"{name}, loaded ({len(loaded)})", loaded, _hollow(marker))
    return [(f"{name} ({len(quiet)}{of})", quiet, marker), hollow]


def _hollow(marker: dict[str, Any]) -> dict[str, Any]:
    return marker | {"symbol": f"{marker.get('symbol', 'circle')}-open", "line": {"width": 2}}


def _bars(shown: Points, x: int, y: int) -> dict[str, Any]:
    """Return the bars of the 95 % intervals along both axes, where there are any."""
    reach = {"error_x": shown.bars(x), "error_y": shown.bars(y)}
    style = {"type": "data", "symmetric": False, "color": FRONT_COLOUR, "thickness": 1, "width": 3}
    return {name: style | bars for name, bars in reach.items() if bars is not None}


def _hover(shown: Points) -> dict[str, Any]:
    return {"customdata": list(shown.hover), "hovertemplate": shown.template}


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
