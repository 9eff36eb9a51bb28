"""Sentences on members of a front for people: beside others, near aims, and what changes."""

import shlex
from collections.abc import Mapping, Sequence
from itertools import pairwise

from paretocaps.domain.collapse import REMARK
from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import Objective
from paretocaps.domain.requirement import Requirement
from paretocaps.pareto.along import Change
from paretocaps.report.beside_baseline import short_value
from paretocaps.report.tables import value_text

_WORDS = {
    "time": ("faster", "slower"),
    "params": ("smaller", "larger"),
    "macs": ("fewer multiply-adds", "more multiply-adds"),
    "latency": ("faster to classify", "slower to classify"),
}
"""What less and more of a quantity are called; others have "less" and "more" before their names."""
_SAME = 1.005
"""Two values whose ratio is below this are called the same."""
_NOTICED = 1.1
"""Ratios below this are given in per cent."""
_POINT = 0.0005
"""Shares that differ by less are called the same."""


def beside(member: FrontMember, other: FrontMember, objectives: Sequence[Objective]) -> str:
    """Return how a member differs from another: "1.4 points less, 7x faster, 7x smaller".

    In an objective in which the two are level, no test tells them apart: "level in acc".
    """
    texts = []
    for objective in objectives:
        own, theirs = member.values.get(objective.name), other.values.get(objective.name)
        if own is None or theirs is None:
            continue
        if own != theirs and are_level(objective, member, other):
            texts.append(f"level in {objective.name}")
        else:
            texts.append(difference_text(objective, own, theirs))
    return ", ".join(texts)


def difference_text(objective: Objective, value: float, other: float) -> str:
    """Return how a value differs from another: "1.4 points less", "7x faster", "4 % larger", "same time"."""
    less, more = _WORDS.get(objective.quantity, (f"less {objective.name}", f"more {objective.name}"))
    word = more if value > other else less
    if objective.images:
        return _points(objective, value - other)
    small, large = sorted((value, other))
    if value == other or (small > 0 and large / small < _SAME):
        return f"same {objective.name}"
    if small <= 0:
        return f"{value_text(objective, abs(value - other))} {word}"
    ratio = large / small
    if ratio < _NOTICED:
        return f"{max(1.0, 100 * abs(value / other - 1)):.0f} % {word}"
    return f"{ratio:.0f}x {word}" if ratio >= 9.95 else f"{f'{ratio:.1f}'.removesuffix('.0')}x {word}"


def _points(objective: Objective, difference: float) -> str:
    if abs(difference) < _POINT:
        return f"same {objective.name}"
    name = "" if objective.quantity == "acc" else f" {objective.name}"
    return f"{100 * abs(difference):.1f} points {'more' if difference > 0 else 'less'}{name}"


def neighbours(
    members: Sequence[FrontMember], member: FrontMember, objectives: Sequence[Objective]
) -> list[tuple[FrontMember, tuple[str, ...]]]:
    """Return the members that are the next better ones in an objective, with the names of these objectives.

    They are what one would take instead to get a little more of an objective. Members that are level with it
    in the objective, or are called the same, are not better ones.
    """
    found: dict[int, tuple[FrontMember, tuple[str, ...]]] = {}
    for objective in objectives:
        own = objective.sign * member.values[objective.name]
        better = [
            one
            for one in members
            if objective.sign * one.values[objective.name] < own and not _alike(objective, member, one)
        ]
        if better:
            nearest = max(better, key=lambda m: objective.sign * m.values[objective.name])
            names = found.get(nearest.trial, (nearest, ()))[1]
            found[nearest.trial] = nearest, (*names, objective.name)
    return list(found.values())


def are_level(objective: Objective, member: FrontMember, other: FrontMember) -> bool:
    """Return whether either of two trials knows that no test tells them apart in an objective."""
    pairs = (member, other), (other, member)
    return any(one.trial in of.level.get(objective.name, ()) for one, of in pairs)


def _alike(objective: Objective, member: FrontMember, other: FrontMember) -> bool:
    own, theirs = member.values[objective.name], other.values[objective.name]
    return are_level(objective, member, other) or difference_text(objective, own, theirs).startswith("same ")


def beside_neighbours(members: Sequence[FrontMember], objectives: Sequence[Objective]) -> dict[int, str]:
    """Return by trial a sentence for each member against the one before it, the next better in an objective.

    It is the first objective, by which fronts are ordered; the best in it has no other to stand beside. Where
    all have the same value of it, the first member is told to be the best in another one, if it is.
    """
    found = {members[0].trial: _first_is_best_in(members, objectives)} if members else {}
    for better, member in pairwise(members):
        found[member.trial] = beside(member, better, objectives)
    return found


def _first_is_best_in(members: Sequence[FrontMember], objectives: Sequence[Objective]) -> str:
    for objective in objectives:
        first, *others = (objective.sign * member.values[objective.name] for member in members)
        if not others or (first <= min(others) and first < max(others)):
            return f"the best {objective.name}"
    return ""


def misses_text(values: Mapping[str, float], bounds: Sequence[Requirement]) -> str:
    """Return which bounds a trial misses, and by how much: "misses acc>=0.99 by 1.2 points"."""
    texts = []
    for bound in bounds:
        value = values.get(bound.name)
        if value is None:
            texts.append(f"has no {bound.name}")
        elif not bound.kept_by(value):
            texts.append(f"misses {bound} by {_amount(bound.objective, value - bound.bound)}")
    return ", ".join(texts)


def no_member_text(front: FrontRecord) -> str:
    """Return that a front has no member, what the nearest trial misses, and the remedy."""
    remedy = "give other bounds, or --all (all=True) to lift them"
    if not front.requirements:
        report = shlex.join(["paretocaps", "report", *(["--"] * front.study.startswith("-")), front.study])
        remedy = f"train more trials ({report} says why those failed that did)"
    return f"{no_member(front)}: {remedy}"


def no_member(front: FrontRecord) -> str:
    """Return that a front has no member, or none that learned, and what the nearest trial misses."""
    if front.members:
        return f"study {front.study!r} has no member to recommend: all of its front {REMARK}"
    if not front.requirements:
        return f"study {front.study!r} has no trial on its front"
    text = f"study {front.study!r} has no trial on its front that keeps {front.within}"
    if front.nearest:
        nearest = front.nearest[0]
        text += f"; the nearest, trial {nearest.trial}, {misses_text(nearest.values, front.requirements)}"
    return text


def trial_name(member: FrontMember) -> str:
    """Return a trial with its design, if it has one: "trial 3 (wab_ws)"."""
    return f"trial {member.trial}" + (f" ({member.design})" if member.design else "")


def along_text(changes: Sequence[Change], members: Sequence[FrontMember], objective: Objective) -> list[str]:
    """Return one sentence for each choice that changes along a front, and one on those without an order.

    Args:
        changes: of `changes_along` for the members' choices.
        members: the front, best in `objective` first.
        objective: its first objective.
    """
    worse = "falls" if objective.direction == "maximize" else "rises"
    lines = []
    for change in changes:
        if change.kind in ("rises", "falls"):
            values = f"from {short_value(change.first)} to {short_value(change.last)}"
            lines.append(f"{change.choice} {change.kind} {values} as {objective.name} {worse}")
        elif change.kind == "changes":
            at = value_text(objective, members[change.place - 1].values[objective.name])
            lines.append(
                f"{change.choice} is mostly {short_value(change.first)} where {objective.name} is {at} or"
                f" better, and {short_value(change.last)} where it is worse"
            )
    if varying := [change.choice for change in changes if change.kind == "varies"]:
        lines.append(f"without an order: {', '.join(varying)}")
    return lines


def aim_text(member: FrontMember, aims: Mapping[str, float], objectives: Sequence[Objective]) -> str:
    """Return by how much a member meets or misses its aims: "meets acc>=0.98, misses time<=60 by 12 s"."""
    texts = []
    for objective in objectives:
        if (level := aims.get(objective.name)) is None:
            continue
        written = Requirement(objective.name, ">=" if objective.direction == "maximize" else "<=", level)
        short = objective.sign * (member.values[objective.name] - level)
        missed = f"misses {written} by {_amount(objective, short)}"
        texts.append(missed if short > 0 else f"meets {written}")
    return ", ".join(texts)


def _amount(objective: Objective, difference: float) -> str:
    size = abs(difference)
    if not objective.images:
        return value_text(objective, size)
    return f"{100 * size:.1f} points" if size >= 5e-4 or not size else f"{100 * size:.2g} points"
