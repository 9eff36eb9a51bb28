"""Stops what would be beaten even if it went on as well as can be hoped."""

from collections.abc import Sequence

from paretocaps.domain.objective import Objective
from paretocaps.search.stopping.curves import Curves, Training, beaten_by, without
from paretocaps.search.stopping.extrapolation import extrapolated
from paretocaps.search.stopping.stopper import Stopper, Verdict

CONFIDENCE = 0.9
"""The share of trainings that end no better than extrapolated, in each objective."""


class Extrapolated(Stopper):
    """Extrapolates each objective by how finished trainings went on from the same epoch (`extrapolated`).

    The extrapolation is optimistic: with `CONFIDENCE`, an objective does not come out better (a conformal
    bound, which holds whatever the shape of the curves). A training stops if a finished trial beats even
    that, and another training of its course beats it at the same epoch: what nothing beats so far goes on.
    For 90 % it takes nine finished trainings.
    """

    description = "stops what is beaten, and is by a finished trial even if it goes on as the best tenth did"

    @classmethod
    def why_not(cls, objectives: Sequence[Objective]) -> str:
        """Return why the rule cannot judge by these objectives: it needs the best value of each."""
        unbounded = [one.name for one in objectives if one.direction == "maximize" and not one.images]
        why = f"{' and '.join(unbounded)} has no best value, to which it could be extrapolated"
        return super().why_not(objectives) or (why if unbounded else "")

    def verdict(self, training: Training, curves: Curves) -> Verdict | None:
        """Return whether a training goes on; None as long as too few have finished, or before it prunes."""
        if training.epoch < training.course.judged_from:
            return None
        hoped = extrapolated(training, curves, self.objectives, 1.0 - CONFIDENCE)
        if hoped is None:
            return None
        better = beaten_by(hoped, curves.front())
        signs = [objective.sign for objective in self.objectives]
        values = {
            one.name: sign * value for one, sign, value in zip(self.objectives, signs, hoped, strict=True)
        }
        seen = {"at_best": values, "beaten_by": better}
        if not better:
            return Verdict(True, "no finished trial beats what it may come to", seen)
        others = without(curves.at(training.course, training.epoch), [training.trial])
        seen["behind"] = beaten_by(training.point, others)
        if not seen["behind"]:
            return Verdict(True, "no training at this epoch beats it", seen)
        at_best = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
        return Verdict(False, f"trial {better[0]} beats what it may come to ({at_best})", seen)

    def promising(self, training: Training, curves: Curves) -> Verdict | None:
        """Let a stopped training go on if, by what has finished since, it may come to stand on the front."""
        found = self.verdict(training, curves)
        return found if found is not None and found.goes_on else None
