"""Marks the members of a front that are level with the best one, and says what the mark means."""

from collections.abc import Sequence

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import Objective
from paretocaps.domain.wording import be, trials_text

MARK = "≈"
_ACC = "acc"
_NAMED = 5


def best_and_level(members: Sequence[FrontMember], objective: Objective) -> tuple[int, ...]:
    """Return the trial that is best in an objective and those that are level with it; empty if none is."""
    measured = [member for member in members if objective.name in member.values]
    if not measured:
        return ()
    best = min(measured, key=lambda member: objective.sign * member.values[objective.name])
    shown = {member.trial for member in members}
    level = [trial for trial in best.level.get(objective.name, ()) if trial in shown]
    return (best.trial, *level) if level else ()


def level_notes(front: FrontRecord) -> list[str]:
    """Return what the mark means, whose accuracies could not be compared, and what one image is worth."""
    found = [(o.name, best_and_level(front.members, o)[:1]) for o in front.objectives]
    notes = []
    if marked := _grouped(found):
        best = ", ".join(f"{trials_text(trials, _NAMED)} in {names}" for trials, names in marked)
        notes.append(
            f"{MARK}: level with the best of its column, {best}; no paired test at 5 % tells them apart"
        )
    return [*notes, *_not_known(front), *one_image(front)]


def one_image(front: FrontRecord) -> list[str]:
    """Return what one validation image is worth, where a front has accuracies and their number is known."""
    images = front.validation_images
    asked = {*(o.quantity for o in front.objectives), *(bound.name for bound in front.requirements)}
    if images is None or _ACC not in asked:
        return []
    points = 100 / images
    text = f"{points:.1f}" if points >= 1 else f"{points:.1g}"
    return [f"{images:,} validation image{'s' if images > 1 else ''}: one is {text} points of acc"]


def level_text(member: FrontMember, objectives: Sequence[Objective]) -> str:
    """Return which others a member is level with: "level in acc with trials 7, 12"; empty for none."""
    level = [(objective.name, tuple(member.level.get(objective.name, ()))) for objective in objectives]
    texts = [f"in {names} with {trials_text(others, _NAMED)}" for others, names in _grouped(level)]
    return f"level {', '.join(texts)}" if texts else ""


def _not_known(front: FrontRecord) -> list[str]:
    for objective in front.objectives:
        if objective.quantity == _ACC and len(front) > 1:
            missing = sorted(member.trial for member in front if objective.name not in member.level)
            if missing:
                trials = f"{trials_text(missing, _NAMED)} {be(len(missing))}"
                return [
                    f"whether {trials} level with others in {objective.name} is not known: a test needs"
                    " two seeds in common, or one seed of which predictions are kept"
                ]
    return []


def _grouped(found: Sequence[tuple[str, tuple[int, ...]]]) -> list[tuple[tuple[int, ...], str]]:
    """Return each group of trials once, with the objectives that it is named for: "acc and params"."""
    names: dict[tuple[int, ...], list[str]] = {}
    for name, trials in found:
        names.setdefault(trials, []).append(name)
    return [(trials, " and ".join(named)) for trials, named in names.items() if trials]
