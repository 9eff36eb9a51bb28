"""Rejects choices that are not worth a training, before it: what they cannot become is known without it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from paretocaps.domain.objective import Objective
from paretocaps.domain.study_spec import StudySpec
from paretocaps.pareto.dominance import beats
from paretocaps.pareto.matrix import signs
from paretocaps.search.outlook import Bounds, Outlook
from paretocaps.search.proposals import MOST_REJECTED

_BREAKS = ", which breaks the bound "


@dataclass(frozen=True)
class Verdict:
    """Why choices are not trained, and the quantities that they would have at best, by name."""

    reason: str
    predicted: Mapping[str, float]


@dataclass
class Rejection:
    """Tells which choices of a study are not trained.

    They are those whose most optimistic outcome breaks a bound that was stated, or is beaten by a finished
    trial within the bounds whichever epoch is the best one, and those that are likely to fail: they need more
    memory than there is or than a training that failed for lack of it, or are like trainings that diverged.

    Args:
        outlook: what is known of choices.
        objectives: the study's objectives.
    """

    outlook: Outlook
    objectives: tuple[Objective, ...]

    def verdict(self, choices: Mapping[str, Any], failed: int = 0) -> Verdict | None:
        """Return why `choices` are not trained; None if they are.

        Args:
            choices: canonical choices.
            failed: how many trials of the study have failed.
        """
        self.outlook.learn(failed)
        told = self.outlook.forecast(choices)
        known = self.outlook.bounds(choices, told)
        reason = next(self._broken(known), "") or self.outlook.failing(choices, told) or self._beaten(known)
        if not reason:
            return None
        more = {"acc", *(o.quantity for o in self.objectives if o.sign < 0)}
        return Verdict(reason, {name: _best(one, high=name in more) for name, one in known.items()})

    def _broken(self, known: Mapping[str, Bounds]) -> Iterator[str]:
        """Yield a sentence for each bound that is broken even by the most optimistic value."""
        for bound in self.outlook.standing.spec.stated:
            name = bound.objective.quantity
            if name in known and not any(bound.kept_by(values).any() for values in known[name]):
                value = _number(_best(known[name], high=bound.relation in (">", ">=")))
                at_best = "" if np.array_equal(*known[name]) else " at best"
                yield f"{name} is {value}{at_best}{_BREAKS}{bound}"

    def _beaten(self, known: Mapping[str, Bounds]) -> str:
        """Return a sentence on the trial that beats the most optimistic outcome after every epoch."""
        if not all(objective.quantity in known for objective in self.objectives):
            return ""
        standing = self.outlook.standing
        front = standing.within(standing.spec.stated)
        if not front.members:
            return ""
        best = [known[o.quantity].high if o.sign < 0 else known[o.quantity].low for o in self.objectives]
        sign = signs(self.objectives)
        outcomes = sign * np.stack(np.broadcast_arrays(*best), axis=1)  # minimized, [epochs, objectives]
        members = sign * np.array([[m.values[o.name] for o in self.objectives] for m in front])
        beaten = beats(members, outcomes[:, None])  # [epochs, members]
        if not beaten.any(axis=1).all():
            return ""
        last = zip(self.objectives, sign * outcomes[-1], strict=True)
        outcome = ", ".join(f"{o.name} {_number(value)}" for o, value in last)
        return f"at best it has {outcome}, and trial {front.members[beaten[-1].argmax()].trial} beats that"


def lifted(
    reasons: Mapping[int, str], spec: StudySpec, excess: Callable[[int], Mapping[str, float]]
) -> frozenset[int]:
    """Return the rejected trials that a bound rejected, and that break none of the bounds that there are now.

    Args:
        reasons: why trials were rejected, by number.
        spec: the study; one that rejects nothing has lifted all of them.
        excess: by how much a trial breaks each bound (`Constraints.of`).
    """
    return frozenset(
        number
        for number, reason in reasons.items()
        if not spec.reject or (_BREAKS in reason and max(excess(number).values(), default=0.0) <= 0)
    )


def _best(known: Bounds, *, high: bool) -> float:
    return float(known.high.max() if high else known.low.min())


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"


def all_rejected(reason: str) -> str:
    """Return the line on a run that ends because everything that is proposed is rejected."""
    return (
        f"{MOST_REJECTED} proposals in a row were rejected before they were trained, the last one because"
        f" {reason}: there is nothing more to train; give wider bounds (--require), or --no-reject"
    )
