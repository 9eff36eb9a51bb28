"""Parallel coordinates: every finished trial as a line through its choices and its objectives."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import Objective
from paretocaps.report.line_styles import LineStyle
from paretocaps.report.series import DECADE, evenly, is_logarithmic, is_point, log_ticks
from paretocaps.report.style import FAINT, FRONT_COLOUR, dressed
from paretocaps.report.tables import choice_text, differing_choices, with_prefix

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_TRIALS = 2000
_CHOICES = 9
_LISTED = 4
"""Numbers of which there are at most so many are listed one by one."""
_BELOW = 0.12
"""How far below its numbers an axis has the trials to which the choice does not apply, as a share of them."""
_WIDTH, _TOP = 95, 60
"""Pixels from axis to axis, below which labels would cover each other, and above the axes for their names."""


def parallel_figure(
    front: FrontRecord,
    trials: Sequence[FrontMember],
    styles: Mapping[int, LineStyle],
    leading: Sequence[str] = (),
) -> "dict[str, Figure]":
    """Return the figure by its identifier; nothing where fewer than two trials have all objectives.

    Numbers over more than a decade have a logarithmic axis. Members have their colours, others are gray.

    Args:
        front: the front.
        trials: all finished trials; of very many, evenly spaced ones and all members are drawn.
        styles: the members' lines.
        leading: choices by how much they matter, most first; of many, these are drawn.
    """
    from plotly.graph_objects import Figure, Parcoords

    own = {member.trial: member for member in front.members}
    others = [one for one in trials if one.trial not in own and is_point(one, front.objectives)]
    others = [others[index] for index in evenly(len(others), _TRIALS)]
    shown = [*others, *(one for one in own.values() if is_point(one, front.objectives))]
    if len(shown) < 2:
        return {}
    varying = differing_choices(shown)
    names = sorted(varying, key=lambda name: leading.index(name) if name in leading else len(leading))
    names = names[:_CHOICES]
    dimensions = [_choice([one.choices.get(name) for one in shown], name) for name in names]
    dimensions += [_objective([one.values[o.name] for one in shown], o) for o in front.objectives]
    colors = [styles[one.trial].color if one.trial in own and one.trial in styles else FAINT for one in shown]
    figure = Figure(Parcoords(line=_coloured(colors), dimensions=dimensions, labelside="top"))
    some = f" ({len(names)} of {len(varying)} choices)" if len(names) < len(varying) else ""
    dressed(figure, f"Choices and objectives of all trials{some}", height=460)
    figure.update_layout(
        margin={"l": 95, "r": 60, "t": _TOP, "b": 20},
        meta={"narrowest": _WIDTH * len(dimensions), "top": _TOP},
    )
    return {"parallel": figure}


def _coloured(colors: Sequence[str]) -> dict[str, Any]:
    """Return the lines with one colour each, as a scale of as many steps."""
    distinct = list(dict.fromkeys(colors)) if len(set(colors)) > 1 else [colors[0], FRONT_COLOUR]
    last = len(distinct) - 1
    scale = [[index / last, color] for index, color in enumerate(distinct)]
    return {"color": [distinct.index(one) for one in colors], "colorscale": scale, "cmin": 0, "cmax": last}


def _objective(values: Sequence[float], objective: Objective) -> dict[str, Any]:
    return _numbers(values, objective.name, is_logarithmic(objective, values))


def _choice(values: Sequence[Any], name: str) -> dict[str, Any]:
    """Return an axis for a choice: its numbers, or its values in order where not all are numbers.

    Trials to which a choice of numbers does not apply are at "-", below them.
    """
    known = [one for one in values if one is not None]
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in known)
    if numbers and len(set(known)) > _LISTED:
        return _numbers(values, name, min(known) > 0 and max(known) > DECADE * min(known))
    listed = sorted({repr(value): value for value in values}.values(), key=_order)  # a list has no hash
    places = {repr(value): place for place, value in enumerate(listed)}
    return {
        "label": name,
        "values": [places[repr(value)] for value in values],
        "tickvals": list(range(len(listed))),
        "ticktext": [choice_text(value) for value in listed],
        "range": [-0.25, len(listed) - 0.75],
    }


def _order(value: Any) -> tuple[int, float, str]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return (value is not None) + number, float(value) if number else 0.0, str(value)


def _numbers(values: Sequence[float | None], name: str, log: bool) -> dict[str, Any]:
    known = [value for value in values if value is not None]
    low, high = (math.log10(end) if log else float(end) for end in (min(known), max(known)))
    if log:
        ticks = log_ticks((low, high)) or [min(known), max(known)]
        places = {math.log10(tick): _short(tick) for tick in ticks}
    elif len(known) == len(values):
        form = ".3~s" if max(map(abs, known)) >= 1000 else ".3~g"
        return {"label": name, "values": [float(value) for value in known], "tickformat": form}
    else:
        places = {end: _short(end) for end in (low, (low + high) / 2, high)}
    below = low - _BELOW * (high - low)
    found = [below if value is None else math.log10(value) if log else float(value) for value in values]
    if len(known) < len(values):
        places = {below: "-", **places}
    return {"label": name, "values": found, "tickvals": list(places), "ticktext": list(places.values())}


def _short(value: float) -> str:
    return with_prefix(value).replace(" ", "") if value >= 1 else f"{value:.3g}"
