"""Finds the trainings that are trained again because something disturbed their device (`--redo-loaded`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from paretocaps.domain.objective import Objective
from paretocaps.domain.requirement import with_bounded
from paretocaps.domain.study_spec import StudySpec
from paretocaps.search.study_front import StudyFront
from paretocaps.storage.records import AttemptRecord, TrialRecord
from paretocaps.storage.store import Store

_CUT_OFF = "running", "interrupted"


@dataclass
class Redoing:
    """Looks for loaded trainings of a front's members, within the bounds of the study.

    A training is trained again with its own seed, so that nothing but its times may differ, and the quieter
    one counts from then on (`storage.quietest`). Where no objective or bound is on a time or energy there is
    nothing to be gained.

    Args:
        spec, objectives, store: the study.
        standing: its finished trials and their front.
    """

    spec: StudySpec
    objectives: Sequence[Objective]
    store: Store
    standing: StudyFront

    def members(self) -> list[int]:
        """Return the members of the front that have trainings to be trained again."""
        if not self.spec.redo_loaded or not any(objective.timed for objective in self._deciding):
            return []
        front = self.standing.within(self.spec.requirements)
        loaded = [member.trial for member in front if member.loaded]
        return [number for number in loaded if self.seeds(self.store.trial(self.spec.study, number))]

    @property
    def _deciding(self) -> tuple[Objective, ...]:
        return with_bounded(self.objectives, self.spec.requirements)

    def seeds(self, trial: TrialRecord) -> list[int]:
        """Return the seeds whose training that counts is loaded, and was trained again too few times."""
        return [
            seed
            for seed, kept in trial.measured.items()
            if kept.measurement is not None
            and kept.measurement.device.loaded
            and len(_redone(trial, seed)) < self.spec.redo_loaded
        ]


def left_over(trial: TrialRecord) -> Mapping[int, AttemptRecord]:
    """Return, by seed, a finished trial's cut-off attempts: at further seeds, or at measured ones again."""
    last = {attempt.key.seed: attempt for attempt in trial.attempts}
    return {seed: attempt for seed, attempt in last.items() if attempt.state in _CUT_OFF}


def _redone(trial: TrialRecord, seed: int) -> list[AttemptRecord]:
    """Return the attempts at a measured training that have ended since."""
    own = [attempt for attempt in trial.attempts if attempt.key.seed == seed]
    first = next(number for number, attempt in enumerate(own) if attempt.state == "finished")
    return [attempt for attempt in own[first + 1 :] if attempt.state not in _CUT_OFF]
