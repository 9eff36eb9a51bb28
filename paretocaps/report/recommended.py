"""The choice that a report recommends: cards with its values, sentences, and the command that trains it."""

from collections.abc import Sequence
from dataclasses import dataclass

from paretocaps.domain.beside_baseline import BASELINE
from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import TEST_ACC, Objective
from paretocaps.report.front import Front
from paretocaps.report.level_notes import level_text
from paretocaps.report.reasons import level_and_better, why_knee
from paretocaps.report.sentences import are_level, beside, difference_text, neighbours, trial_name
from paretocaps.report.tables import estimate_text, flags_text


@dataclass(frozen=True)
class Card:
    """One value of the recommended trial: its name, its text with the interval, and what it is beside others.

    `beside` has pairs such as ("the baseline (trial 0)", "7x faster").
    """

    name: str
    value: str
    beside: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Recommended:
    """The recommended member of a front.

    Attributes:
        trial: its number.
        name: its number and design.
        why: the reason for it, in a sentence.
        cards: its values.
        sentences: how it stands beside its neighbours and the baseline.
        doubts: its flags, and whom it is level with; empty for none.
    """

    trial: int
    name: str
    why: str
    cards: tuple[Card, ...]
    sentences: tuple[str, ...]
    doubts: tuple[str, ...] = ()


def recommended(front: FrontRecord, trials: Sequence[FrontMember] = ()) -> Recommended | None:
    """Return the front's knee beside the best in the first objective and the baseline.

    Args:
        front: the front; without members that learned there is nothing to recommend.
        trials: all finished trials, among which the baseline is looked for (`levels.with_design_levels`).
    """
    front = front.learned()
    if not front.members:
        return None
    member = Front.from_record(front).knee()
    others = {
        "the baseline": _baseline((*trials, *front.members)),
        f"the best {front.objectives[0].name}": front.members[0],
    }
    found = {word: one for word, one in others.items() if one is not None and one.trial != member.trial}
    level = level_text(member, front.objectives)
    return Recommended(
        trial=member.trial,
        name=trial_name(member),
        why=_capitalized(why_knee(front, member)),
        cards=tuple(_cards(front, member, found)),
        sentences=tuple(_sentences(front, member)),
        doubts=tuple(filter(None, [flags_text(member) if member.flags else "", level])),
    )


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def _baseline(trials: Sequence[FrontMember]) -> FrontMember | None:
    return next((trial for trial in trials if BASELINE in trial.designs), None)


def _cards(front: FrontRecord, member: FrontMember, others: dict[str, FrontMember]) -> list[Card]:
    cards = [
        Card(
            objective.description,
            estimate_text(objective, member.estimate(objective.name)),
            tuple(
                (f"{word} (trial {other.trial})", text)
                for word, other in others.items()
                if (text := _difference(objective, member, other))
            ),
        )
        for objective in front.objectives
    ]
    if TEST_ACC.name in member.values:
        value = estimate_text(TEST_ACC, member.estimate(TEST_ACC.name))
        cards.append(Card("test accuracy: nothing was chosen by it", value))
    return cards


def _difference(objective: Objective, member: FrontMember, other: FrontMember) -> str:
    own, theirs = member.values.get(objective.name), other.values.get(objective.name)
    if own is None or theirs is None:
        return ""
    if own != theirs and are_level(objective, member, other):
        return "level"
    return difference_text(objective, own, theirs)


def _sentences(front: FrontRecord, member: FrontMember) -> list[str]:
    """Return the member beside the next better ones, and who is level with it and better in the rest."""
    return [
        f"Beside {trial_name(other)}, the next better in {' and '.join(names)}:"
        f" {beside(member, other, front.objectives)}"
        for other, names in neighbours(front.members, member, front.objectives)
    ] + [_capitalized(one) for one in level_and_better(member, front)]
