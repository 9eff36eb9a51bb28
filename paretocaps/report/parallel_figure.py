"""Parallel coordinates: every finished trial as a line through its choices and its objectives."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import Objective
from paretocaps.report.line_styles import LineStyle
from paretocaps.report.series import evenly, is_logarithmic, is_point, log_ticks
from paretocaps.report.style import FAINT, FRONT_COLOUR, dressed
from paretocaps.report.tables import choice_text, differing_choices, with_prefix

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_TRIALS = 2000
_CHOICES = 9
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
        margin={"l": 70, "r": 60, "t": _TOP, "b": 20},
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
    """Return an axis for a choice: its numbers, or its values in order where not all are numbers."""
    numbers = [one for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(numbers) == len(values) and len(set(numbers)) > 4:
        return _numbers(numbers, name, min(numbers) > 0 and max(numbers) > 10 * min(numbers))
    listed = sorted(set(values), key=_order)
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


def _numbers(values: Sequence[float], name: str, log: bool) -> dict[str, Any]:
    if not log:
        form = "~s" if max(map(abs, values)) >= 1000 else ".3~g"
        return {"label": name, "values": [float(value) for value in values], "tickformat": form}
    powers = [math.log10(value) for value in values]
    ticks = log_ticks((min(powers), max(powers))) or [min(values), max(values)]
    return {
        "label": name,
        "values": powers,
        "tickvals": [math.log10(tick) for tick in ticks],
        "ticktext": [_short(tick) for tick in ticks],
    }


def _short(value: float) -> str:
    return with_prefix(value).replace(" ", "") if value >= 1 else f"{value:g}"
