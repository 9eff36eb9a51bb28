"""The protocol by which a running study reports to those who watch it."""

from collections.abc import Mapping, Sequence

from paretocaps.domain.ended_training import EndedTraining
from paretocaps.domain.forecast import EpochForecast
from paretocaps.domain.front_record import FrontRecord
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord
from paretocaps.domain.remaining import Remaining
from paretocaps.domain.study_spec import StudySpec


class Observer:
    """Watches a study; every method does nothing unless a subclass overrides it.

    All methods are called from the driver's thread, in the order of the events; an end is stored before it is
    shown. What a method raises ends the run as Ctrl-C does: all is stored, and the next run goes on.

    Example:
        ```python
        class Curves(paretocaps.Observer):
            def training_ended(self, training):
                print(training.key.trial, [epoch.acc for epoch in training.measurement.epochs])

        paretocaps.optimize(study="demo", observer=Curves())
        ```
    """

    def preparing(self, what: str, done: int, total: int) -> None:
        """Show that a step of the driver, such as reading images, is done for `done` of `total`.

        It is called often, up to the last one, before the study is opened and after its last training. With 0
        in all it is not known how far the step is, and nothing is said of its end.
        """

    def opened(self, spec: StudySpec, finished: int) -> None:
        """Show that the study is open: `finished` of its trials have finished or were stopped early."""

    def seeds_missing(self, trials: int, seeds: int) -> None:
        """Show that `seeds` further trainings, of `trials` finished trials, come before new trials."""

    def trial_started(self, job: TrainingJob, design: str | None) -> None:
        """Show that a training of trial `job.trial` starts; `design` is the name of its design, if any."""

    def epochs_told(self, job: TrainingJob, epochs: Sequence[EpochForecast], device: str) -> None:
        """Show what the trainer tells of the epochs of a training that has just started; empty for nothing.

        The job does not say yet where it is trained; `device` is "cpu" or "cuda".
        """

    def training_resumed(self, job: TrainingJob, earlier: int) -> None:
        """Show that a training goes on from the checkpoint of attempt `earlier`, before its trial starts."""
        self.notice(f"trial {job.trial} goes on from the checkpoint of attempt {earlier}")

    def epoch(self, job: TrainingJob, record: EpochRecord) -> None:
        """Show an epoch that a training finished."""

    def progress(self, job: TrainingJob, what: str, done: int, total: int) -> None:
        """Show how far a training is between two epochs: `what` is done for `done` of `total`.

        With 0 in all the training has not begun; it may wait (`domain.progress.WAITS`).
        """

    def training_ended(self, training: EndedTraining) -> None:
        """Show that a training was measured; the end of its trial follows with that of the last seed."""

    def trial_finished(self, trial: int, values: Mapping[str, float]) -> None:
        """Show that a trial is stored; `values` has its quantities by name (means over its seeds)."""

    def others_finished(self, trials: int) -> None:
        """Show that other drivers, which run the study at the same time, have ended so many trials."""

    def seed_finished(self, trial: int, seed: int, values: Mapping[str, float]) -> None:
        """Show that a further training of a finished trial is stored; `values` has the trial's new means."""

    def seed_redone(self, trial: int, seed: int, values: Mapping[str, float], quieter: bool) -> None:
        """Show that a loaded training was trained again, and whether it was `quieter` and counts now."""

    def seed_failed(self, trial: int, seed: int, reason: str) -> None:
        """Show that a further training of a finished trial failed; the trial keeps its values."""

    def trial_stopped(self, trial: int, reason: str) -> None:
        """Show that a trial was stopped early; `reason` is such as "at epoch 2 of 5: beaten by trial 3"."""

    def trial_continued(self, trial: int, reason: str) -> None:
        """Show that a trial that was stopped early goes on, before its training starts."""
        self.notice(f"trial {trial} goes on after it was stopped early: {reason}")

    def trial_failed(self, trial: int, reason: str) -> None:
        """Show that a trial ended without a measurement."""

    def trial_rejected(self, trial: int, reason: str) -> None:
        """Show that a trial is not trained, and why."""

    def front_changed(self, front: FrontRecord) -> None:
        """Show the new front over the study's objectives."""

    def answers_changed(self, answers: FrontRecord) -> None:
        """Show the new front of the trials that keep the study's bounds, which others may beat.

        It comes before the front of all trials.
        """

    def remains(self, remaining: Remaining) -> None:
        """Show what remains of the study; it follows the end of every training."""

    def notice(self, message: str) -> None:
        """Show a line about, for example, a design left out, a recovered trial, or another device."""

    def closed(self) -> None:
        """Show that the study is finished, has failed or was interrupted."""
