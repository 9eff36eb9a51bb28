"""Has the test part judged by the members of a front, once for each training; nothing is chosen by it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from paretocaps.cores import processors
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import JudgedTest
from paretocaps.domain.objective import Objective
from paretocaps.domain.progress import WAITS, OnProgress, unheard
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS, TrainerSpec
from paretocaps.domain.tuning import Tuning
from paretocaps.domain.wording import trials_text
from paretocaps.errors import StorageError, TrainingError
from paretocaps.execution.attempt import failure_of
from paretocaps.execution.devices import devices
from paretocaps.execution.lease import leased
from paretocaps.search.interrupts import TimeIsUpError
from paretocaps.storage.records import AttemptRecord, TrialRecord
from paretocaps.storage.store import Store

JUDGING = "judging the test part"
"""What judging tells of itself: how many trials are judged, of how many."""


def judged_at_once(trainer: TrainerSpec, spec: StudySpec, objectives: Sequence[Objective]) -> bool:
    """Return whether every training of a study measures its test accuracy.

    It does where it is asked to or nobody else can, where an objective is a share of the test images, and
    where the report compares whole trainings with the figures of a paper, which are of test images.
    """
    compared = spec.published is not None and spec.limit_train is None
    asked = spec.test_each_training or not trainer.judge
    return asked or compared or any(one.images == "test" for one in objectives)


@dataclass
class Judging:
    """Judges the test part by networks of stored trials.

    Args:
        store: has the trials, and the weights of a front's members.
        spec: their study.
        notice: receives what was judged, what was not and why, and for whom the device waits.
        on_progress: is called often.
        device: where to judge, as `devices` reads it; the first one is taken.
    """

    store: Store
    spec: StudySpec
    notice: Callable[[str], None]
    on_progress: OnProgress = unheard
    device: str = "auto"
    _told: set[str] = field(default_factory=set)

    def judge(self, trials: Sequence[int]) -> None:
        """Measure and store the test accuracy of every training of `trials` that has none.

        What cannot be judged, as weights that are on another machine, is told, and is no error.

        Raises:
            StorageError: the database cannot be used, or there is no such trial.
            UsageError: the device does not exist.
        """
        if not TRAINERS.get(self.spec.trainer).judge or not any(map(self._lacking, trials)):
            return
        device = devices(self.device)[0].split(",")[0]
        judged: dict[int, int] = {}
        for done, number in enumerate(trials):
            self.on_progress(JUDGING, done, len(trials))
            for trial, attempt in self._lacking(number):
                found = self._judged(trial, attempt, device)
                if isinstance(found, str):
                    self._tell(f"trial {number} was not judged on test images: {found}")
                elif found is not None and self.store.record_judged(attempt.key, found):
                    judged[number] = found.images
        self.on_progress(JUDGING, len(trials), len(trials))
        if judged:
            self.notice(
                f"test accuracy measured on {max(judged.values()):,} images, once and for the front alone:"
                f" {trials_text(list(judged))} (`front --test` shows it)"
            )

    def _lacking(self, number: int) -> list[tuple[TrialRecord, AttemptRecord]]:
        """Return a trial with its trainings that count and are not judged."""
        trial = self.store.trial(self.spec.study, number)
        return [(trial, one) for one in trial.measured.values() if _test_acc(one) is None]

    def _judged(self, trial: TrialRecord, attempt: AttemptRecord, device: str) -> JudgedTest | str | None:
        """Return the judgement of a training's network, or why there is none; None if another was faster."""
        if attempt.weights is None or attempt.folder is None:
            return _without_weights(attempt)
        job = TrainingJob(
            study=self.spec.study,
            trial=trial.number,
            attempt=attempt.key.attempt,
            trainer=self.spec.trainer,
            choices=dict(trial.choices),
            seed=attempt.key.seed,
            data=self.spec.data_spec,
            epochs=self.spec.epochs,
            device=device,
            threads=processors(),
            folder=attempt.folder,
            tunings=_tunings(attempt),
            exclusive=True,  # it would disturb trainings whose times are compared
        )
        try:
            with leased(job, self._waits):
                self.on_progress(JUDGING, 0, 0)  # it waits no longer
                if attempt.key not in [one.key for _, one in self._lacking(trial.number)]:
                    return None
                judge = TRAINERS.get(self.spec.trainer).load_judge()
                assert judge is not None
                return _checked(judge(job, attempt.weights, self.on_progress), job)
        except (TimeIsUpError, StorageError):
            raise
        except Exception as error:  # the trainer may be anybody's
            return failure_of(error, device).reason

    def _waits(self, what: str, done: int, total: int) -> None:
        self.on_progress(what, done, total)
        if what.startswith(WAITS):
            self._tell(f"judging the test part {what}")

    def _tell(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self.notice(line)


def _without_weights(attempt: AttemptRecord) -> str:
    if (host := attempt.weights_elsewhere) is not None:
        return f"its weights are on host {host}, run `front --test` there"
    return f"its weights were not kept, `train --trial {attempt.key.trial}` trains and tests it again"


def _tunings(attempt: AttemptRecord) -> dict[str, dict[str, Tuning]]:
    """Return by device how the steps of a training were computed."""
    measured = attempt.measurement
    return {} if measured is None else {measured.device.machine: dict(measured.tunings)}


def _test_acc(attempt: AttemptRecord) -> float | None:
    return None if attempt.measurement is None else attempt.measurement.test_acc


def _checked(found: Any, job: TrainingJob) -> JudgedTest:
    if not isinstance(found, JudgedTest):
        raise TrainingError(f"trainer {job.trainer!r} judged {found!r}, but it must be of type JudgedTest")
    return found
