"""What a study trains at the moment: how far each training is, its curve, and the time that is left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from typing import TYPE_CHECKING, Any

from paretocaps.domain.study_spec import StudySpec

if TYPE_CHECKING:
    from paretocaps.domain.measurement import EpochRecord
    from paretocaps.storage.records import AttemptRecord, TrialRecord
    from paretocaps.storage.store import Store


@dataclass(frozen=True)
class CurrentTraining:
    """A training under way.

    Attributes:
        trial: the number of its trial.
        seed: its seed.
        design: the name of its design, if it has one.
        choices: its choices.
        epochs: how many epochs it shall have.
        curve: the validation accuracy after each epoch so far.
        began: when its first epoch began, or it was handed over.
        seconds_left: about how long it will still take; None before that can be told, and once its first
            epoch takes longer than whole trainings before it.
    """

    trial: int
    seed: int
    design: str | None
    choices: Mapping[str, Any]
    epochs: int
    curve: tuple[float, ...]
    began: datetime
    seconds_left: float | None

    @property
    def epoch(self) -> int:
        """The number of epochs that are over."""
        return len(self.curve)


@dataclass(frozen=True)
class Current:
    """The trainings of a study under way, and about how many seconds are left until its last one ends."""

    trainings: tuple[CurrentTraining, ...] = ()
    seconds_left: float | None = None


def current(store: "Store", study: str, wanted: int, moment: datetime) -> Current:
    """Return what a study trains at a moment.

    A training goes on at the pace of its epochs so far, the one under way included once it takes longer;
    before its first one it is expected to take as long as the last finished ones did, and so is each that
    has not begun.

    Args:
        store: an open store with the study.
        study: its name.
        wanted: how many trainings of further trials it shall begin, beside those that its running ones lack.
        moment: the time to which the rest is told, UTC.

    Raises:
        StorageError: there is no such study.
    """
    spec = store.study(study).spec
    running = store.trials(study, states=["running"], attempts=False)
    records = [store.trial(study, one.number) for one in running]
    recent = store.durations(study)
    usual = fmean(recent) if recent else None
    found = tuple(
        _training(record, attempt, int(spec.get("epochs", 1)), usual, moment)
        for record in records
        for attempt in record.attempts
        if attempt.state == "running"
    )
    seeds = len(StudySpec.model_validate(spec).seeds)
    lacking = sum(max(0, seeds - len(one.measured) - _running(one)) for one in records)
    return Current(found, _left([one.seconds_left for one in found], wanted + lacking, usual))


def _running(trial: "TrialRecord") -> int:
    return sum(attempt.state == "running" for attempt in trial.attempts)


def _training(
    trial: "TrialRecord", attempt: "AttemptRecord", epochs: int, usual: float | None, moment: datetime
) -> CurrentTraining:
    passed = (moment - attempt.started).total_seconds()
    left = None if usual is None or passed > usual else usual - passed
    if attempt.epochs:
        left = _after(attempt.epochs[-1], epochs, passed)
    return CurrentTraining(
        trial=trial.number,
        seed=attempt.key.seed,
        design=trial.design,
        choices=trial.choices,
        epochs=epochs,
        curve=tuple(one.acc for one in attempt.epochs),
        began=attempt.started,
        seconds_left=left,
    )


def _after(last: "EpochRecord", epochs: int, passed: float) -> float:
    """Return the seconds that are left of a training after its last epoch so far, `passed` since it began."""
    if last.epoch >= epochs:
        return 0.0
    pace = max(last.wall / last.epoch, passed / (last.epoch + 1))
    under_way = max(0.0, pace - max(0.0, passed - last.wall))  # of a resumed one, `wall` is that of all of it
    return under_way + (epochs - last.epoch - 1) * pace


def _left(rests: Sequence[float | None], wanted: int, usual: float | None) -> float | None:
    """Return the seconds until so many further trainings have ended, by as many at once as there are."""
    known = [rest for rest in rests if rest is not None]
    if not rests or len(known) < len(rests) or (wanted > 0 and usual is None):
        return None
    return max([(sum(known) + max(0, wanted) * (usual or 0.0)) / len(known), *known])
