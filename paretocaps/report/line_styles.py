"""Lines that stand for trials: one colour, dash and marker per trial, the same in all figures of a page."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product

from paretocaps.domain.front_record import FrontMember
from paretocaps.report.series import is_hollow
from paretocaps.report.style import CYCLE

_KINDS = (
    ("solid", "circle"),
    ("dash", "square"),
    ("dot", "diamond"),
    ("dashdot", "triangle-up"),
    ("longdash", "x"),
    ("longdashdot", "cross"),
)


@dataclass(frozen=True)
class LineStyle:
    """The colour, the dash and the marker of a line, as plotly names them."""

    color: str
    dash: str
    symbol: str

    @property
    def opened(self) -> "LineStyle":
        """The style of a trial that is drawn hollow."""
        return replace(self, symbol=f"{self.symbol}-open")

    @property
    def hollow(self) -> bool:
        """Whether its marker is only an outline."""
        return self.symbol.endswith("-open")

    @property
    def shape(self) -> str:
        """The form of its marker, without what is said of its filling."""
        return self.symbol.removesuffix("-open")

    def faint(self, opacity: float) -> str:
        """Return the colour with an opacity, for what lies behind the line."""
        red, green, blue = (int(self.color[start : start + 2], 16) for start in (1, 3, 5))
        return f"rgba({red},{green},{blue},{opacity:g})"


STYLES = tuple(LineStyle(color, *kind) for kind, color in product(_KINDS, CYCLE))
"""All styles; the first ones differ in colour."""


def line_styles(groups: Mapping[int, str]) -> dict[int, LineStyle]:
    """Return a style for each trial; they are all different for up to `len(STYLES)` trials.

    Trials of one group, which share a figure, differ in colour as far as there are colours, and so do the
    first trials of all groups.

    Args:
        groups: the group of each trial by its number, in order.
    """
    found: dict[int, LineStyle] = {}
    used: Counter[tuple[str, str]] = Counter()
    drawn: Counter[str] = Counter()
    free = list(STYLES)
    for trial, group in groups.items():
        free = free or list(STYLES)
        best = min(free, key=lambda style: (used[group, style.color], drawn[style.color]))
        free.remove(best)
        used[group, best.color] += 1
        drawn[best.color] += 1
        found[trial] = best
    return found


def styles_of(
    front: Iterable[FrontMember],
    others: Mapping[int, str] | None = None,
    everyone: Iterable[FrontMember] | None = None,
) -> dict[int, LineStyle]:
    """Return one line for each trial that any figure tells apart, members first, hollow or not.

    Args:
        front: the members of a front.
        others: the families of further trials.
        everyone: the trials of which some are hollow (see `is_hollow`); None for the members.
    """
    members = list(front)
    families = {member.trial: str(member.choices.get("family", "")) for member in members}
    styles = line_styles(families | dict(others or {}))
    hollow = {one.trial for one in (members if everyone is None else everyone) if is_hollow(one)}
    return {trial: style.opened if trial in hollow else style for trial, style in styles.items()}
