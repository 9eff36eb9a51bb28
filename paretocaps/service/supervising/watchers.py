"""What the trainings of a turn tell, for those who watch it from elsewhere."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict

from paretocaps.domain.ended_training import EndedTraining
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord
from paretocaps.domain.progress import WAITS
from paretocaps.domain.remaining import Remaining
from paretocaps.errors import StorageError
from paretocaps.search.observer import Observer
from paretocaps.service.supervising.trainings import Trainings
from paretocaps.service.supervising.turn import Turn
from paretocaps.service.training import TrainingWatcher
from paretocaps.storage.attempts import epoch_row
from paretocaps.storage.telling import epoch_values


class StudyWatcher(Observer):
    """Watches a study: notes what it is doing, and leaves it between two trials where others wait."""

    def __init__(self, turn: Turn) -> None:
        self._turn, self._trainings = turn, Trainings(turn)

    def preparing(self, what: str, done: int, total: int) -> None:
        """Note what is done before the first training, or what that waits for."""
        _prepares(self._turn, self._trainings, what)

    def trial_started(self, job: TrainingJob, design: str | None) -> None:
        """Note a training that begins."""
        self._turn.waits(None)
        self._turn.result.pop("doing", None)
        self._trainings.began(job.trial, job.seed, job.folder)

    def progress(self, job: TrainingJob, what: str, done: int, total: int) -> None:
        """Note whether a training waits for a device."""
        self._trainings.told(job.trial, job.seed, what)

    def epoch(self, job: TrainingJob, record: EpochRecord) -> None:
        """Note that a training waits no longer."""
        self._trainings.told(job.trial, job.seed, "trains")

    def training_ended(self, training: EndedTraining) -> None:
        """Note a training that was measured."""
        self._trainings.ended(training.key.trial, training.key.seed)

    def seed_failed(self, trial: int, seed: int, reason: str) -> None:
        """Note a training that failed."""
        self._trainings.ended(trial, seed)

    def trial_finished(self, trial: int, values: Mapping[str, float]) -> None:
        """Note a trial that ended."""
        self._trainings.ended(trial)

    def trial_stopped(self, trial: int, reason: str) -> None:
        """Note a trial that ended."""
        self._trainings.ended(trial)

    def trial_failed(self, trial: int, reason: str) -> None:
        """Note a trial that ended."""
        self._trainings.ended(trial)

    def remains(self, remaining: Remaining) -> None:
        """Note what remains, and end the turn where others wait for theirs."""
        self._turn.result["remaining"] = asdict(remaining)
        self._trainings.leave_between()

    def notice(self, message: str) -> None:
        """Tell a line."""
        self._turn.tell(message)


class TrainWatcher(TrainingWatcher):
    """Watches one training, whose epochs become events of its study."""

    def __init__(self, turn: Turn) -> None:
        self._turn, self._trainings = turn, Trainings(turn)
        self._told = turn.store.last_epoch(turn.submission.study, turn.submission.id)

    def preparing(self, what: str, done: int, total: int) -> None:
        """Note what is done before the training."""
        _prepares(self._turn, self._trainings, what)

    def started(self, job: TrainingJob, name: str) -> None:
        """Note that the training begins."""
        self._turn.result.pop("doing", None)
        self._trainings.began(job.trial, job.seed, job.folder)

    def progress(self, job: TrainingJob, what: str, done: int, total: int) -> None:
        """Note whether the training waits for a device."""
        self._trainings.told(job.trial, job.seed, what)

    def epoch(self, job: TrainingJob, record: EpochRecord) -> None:
        """Tell an epoch."""
        self._trainings.told(job.trial, job.seed, "trains")
        if record.epoch <= self._told:  # a training that goes on tells those of before, too
            return
        self._told = record.epoch
        own = {"submission": self._turn.submission.id, "trial": job.trial, "seed": job.seed}
        payload = own | epoch_values(epoch_row(record))
        with suppress(StorageError):
            self._turn.store.notify(self._turn.submission.study, "epoch", payload)

    def notice(self, message: str) -> None:
        """Tell a line; what the training waits for is told already."""
        if not message.startswith(WAITS):
            self._turn.tell(message)


def _prepares(turn: Turn, trainings: Trainings, what: str) -> None:
    """Note a step of the driver, or what it waits for."""
    trainings.prepares(waits=what.startswith(WAITS))
    if what.startswith(WAITS):
        turn.waits(what)
    else:
        turn.waits(None)
        turn.result["doing"] = what
