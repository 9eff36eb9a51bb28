"""The layers of a front's figures: other trials, members, the knee, and what is drawn apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import comb
from typing import Any, Self

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.report.line_styles import LineStyle, line_styles
from paretocaps.report.series import Points, evenly, points
from paretocaps.report.style import FAINT, KNEE_COLOUR

OTHERS, FRONT, KNEE = "other trials", "front", "knee"
_MANY = 300
_NUMBERED = 40
"""Members have their numbers beside them where there are at most so many."""
_DRAWN = 40_000
"""How many points the 2-D figures of a page have for other trials; more would take seconds to draw."""
_IN_SPACE = 2000
"""How many of each kind of other trials the 3-D figure has."""
_OF_SCENES = {"triangle-up": "diamond", "star": "diamond", "x": "square", "cross": "diamond"}
"""Markers that are missing in three dimensions, or in the fonts of some, and what is drawn there."""


@dataclass(frozen=True)
class Apart:
    """What figures show that is no finished trial of the study.

    Attributes:
        stopped: trials that were stopped early, with their values until then.
        published: a paper's figures, as trials whose design is the row's name.
    """

    stopped: Sequence[FrontMember] = ()
    published: Sequence[FrontMember] = ()


@dataclass(frozen=True)
class Layer:
    """Some points of a figure: what they are, what marks them, and texts beside them, if any.

    `whole` is the number of points of which evenly spaced ones are shown; 0 where all are.
    """

    kind: str
    shown: Points
    marker: dict[str, Any]
    texts: tuple[str, ...] | None = None
    whole: int = 0

    @property
    def name(self) -> str:
        """What stands in the legend: what they are and how many, and of how many where not all are shown."""
        if self.kind == KNEE:
            return KNEE
        return f"{self.kind} ({len(self.shown)}{f' of {self.whole}' if self.whole else ''})"

    def thinned(self, most: int) -> Self:
        """Return it with at most so many points, evenly spaced."""
        if len(self.shown) <= most:
            return self
        shown = self.shown.only(evenly(len(self.shown), most))
        return replace(self, shown=shown, whole=self.whole or len(self.shown))

    @property
    def mode(self) -> str:
        """What plotly draws of it."""
        return "markers+text" if self.texts else "markers"


@dataclass(frozen=True)
class Layers:
    """All points of a figure: the `members` of the front, and the layers that are `drawn`, in order."""

    members: Points
    drawn: tuple[Layer, ...]

    @property
    def in_space(self) -> tuple[Layer, ...]:
        """The layers as a figure in three dimensions has them: with fewer of the other trials.

        Without a GPU ten thousand points take seconds to draw, and again whenever the figure is turned.
        """
        return tuple(one.thinned(_IN_SPACE) if one.kind.startswith(OTHERS) else one for one in self.drawn)


def layers_of(
    front: FrontRecord,
    trials: Sequence[FrontMember],
    styles: Mapping[int, LineStyle] | None = None,
    apart: Apart | None = None,
) -> Layers:
    """Return the layers of a front's figures; the arguments are those of `figures.front_figures`."""
    own = {member.trial for member in (*front.members, *front.nearest)}
    others = [trial for trial in trials if trial.trial not in own]
    # every figure embeds the text of every trial: with thousands of sets of choices a page would have 20 MB
    members, beaten = (points(some, front.objectives, len(some) >= _MANY) for some in (front.members, others))
    nearest = points(front.nearest, front.objectives)
    drawn = [*_others(front, beaten), *_apart(front, apart or Apart()), _nearest(nearest)]
    drawn += _members(front, members, styles)
    return Layers(members, tuple(layer for layer in drawn if len(layer.shown)))


def of_scene(marker: Mapping[str, Any]) -> dict[str, Any]:
    """Return a marker for three dimensions: smaller, with the symbols that there are."""
    symbol, size = marker.get("symbol", "circle"), marker["size"]
    known = [_of_scene(one) for one in symbol] if isinstance(symbol, list) else _of_scene(symbol)
    return {**marker, "symbol": known, "size": 0.65 * size}


def _of_scene(symbol: str) -> str:
    shape, opened = symbol.removesuffix("-open"), symbol.endswith("-open")
    found = _OF_SCENES.get(shape, shape)
    return f"{found}-open" if opened and found in ("circle", "square", "diamond") else found


def _others(front: FrontRecord, beaten: Points) -> list[Layer]:
    most = _DRAWN // comb(len(front.objectives), 2)
    faint = {"size": 6, "color": FAINT, "opacity": 0.5 if len(beaten) < _MANY else 0.2}
    quiet, hollow = beaten.parted()
    layers = [
        Layer(OTHERS, quiet, faint | {"symbol": "circle"}),
        Layer(f"{OTHERS}, loaded or shared", hollow, faint | {"symbol": "circle-open"}),
    ]
    return [layer.thinned(most * len(layer.shown) // max(len(beaten), 1)) for layer in layers]


def _apart(front: FrontRecord, apart: Apart) -> list[Layer]:
    stopped, published = (points(some, front.objectives) for some in (apart.stopped, apart.published))
    cross = {"size": 7, "color": FAINT, "symbol": "x"}
    star = {"size": 12, "color": "#000000", "symbol": "star"}
    return [
        Layer("stopped early, at its last epoch", stopped, cross),
        Layer("published, not measured here", published, star),
    ]


def _nearest(nearest: Points) -> Layer:
    """Return the trials that miss the bounds by least, where none keeps them."""
    marker = {"size": 10, "color": KNEE_COLOUR, "symbol": "diamond-open", "line": {"width": 2}}
    return Layer("nearest to the bounds", nearest, marker, tuple(map(str, nearest.trials)))


def _members(front: FrontRecord, members: Points, styles: Mapping[int, LineStyle] | None) -> list[Layer]:
    """Return the members, those that are hollow apart, and a ring around the knee."""
    from paretocaps.pareto.decision import knee

    if not len(members):
        return []
    looks = styles or line_styles(dict.fromkeys(members.trials, ""))
    layers = []
    for name, shown in zip((FRONT, f"{FRONT}, loaded or shared"), members.parted(), strict=True):
        hollow = bool(shown.hollow & {*shown.trials})
        marker = {
            "size": 10,
            "color": [looks[trial].color for trial in shown.trials],
            "symbol": [looks[trial].shape + "-open" * hollow for trial in shown.trials],
            "line": {"width": 2 if hollow else 1, "color": "white"},
        }
        texts = tuple(map(str, shown.trials)) if len(members) <= _NUMBERED else None
        layers.append(Layer(name, shown, marker, texts))
    ring = {"size": 18, "color": KNEE_COLOUR, "symbol": "circle-open", "line": {"width": 3}}
    return [*layers, Layer(KNEE, members.only([knee(members.values, front.objectives)]), ring)]
