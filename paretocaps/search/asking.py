"""A study whose trainings are made by the caller: it is asked for choices, and told what was measured."""

import time
from contextlib import suppress

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.failure import Failure
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord, Measurement
from paretocaps.run_folder import RunFolder
from paretocaps.search.interrupts import TimeIsUpError
from paretocaps.search.runner import MOMENT, Runner
from paretocaps.writing import private_folder


class Asking:
    """Begins and ends one training after another of an open study, in the thread of its caller.

    Trials are claimed, stored, ranked and stopped early as those of `optimize`, also beside other drivers.

    Args:
        runner: the study, as `opened` yields it.
        device: where the caller trains, which is told in the job.

    Attributes:
        asked: the jobs that were asked for and not told, by trial and seed.
        closed: whether the study was given up.
    """

    def __init__(self, runner: Runner, device: str = "cpu") -> None:
        self.runner, self.device = runner, device
        self.asked: dict[tuple[int, int], TrainingJob] = {}
        self.closed = False
        self._stopped: set[AttemptKey] = set()  # those that were told to end early
        runner.results.rank()

    def ask(self) -> TrainingJob | None:
        """Begin the next training and return its job, whose folder is there; None if the study has ended.

        Raises:
            FencedError: another driver took over from this one.
        """
        try:
            self.runner.look()
            while (job := self.runner.next_job()) is None and self.runner.begins_soon:
                time.sleep(MOMENT)
                self.runner.look()
        except TimeIsUpError as over:
            self.runner.time_is_up = str(over)
            return None
        if job is not None:
            job = job.model_copy(update={"device": self.device})
            private_folder(job.folder)
            with suppress(OSError):  # with it, a database that was lost takes the training in
                RunFolder(job.folder).write_job(job)
            self.asked[job.trial, job.seed] = job
        return job

    def heard(self, job: TrainingJob, record: EpochRecord) -> bool:
        """Store an epoch of a training, and return whether it is to go on.

        The time limit of the run ends no loop of the caller's: the next `ask` tells that it is over.
        """
        go_on = self.runner.jobs.on_epoch(job, record, timed=False)
        self.runner.jobs.store_epochs()
        if not go_on and record.epoch < job.epochs:
            self._stopped.add(job.key)
        else:
            self._stopped.discard(job.key)
        return go_on

    def tell(self, job: TrainingJob, result: Measurement | Failure) -> Failure | None:
        """Store how a training ended, which ends its trial with the last seed; return why it failed.

        Raises:
            ParetocapsError: too many trials have failed.
        """
        folder = RunFolder(job.folder)
        if isinstance(result, Measurement):
            with suppress(OSError):  # there, it outlasts a database that is away now
                if job.key in self._stopped:
                    folder.stopped_file.touch()
                folder.write_result(result)
        failure = self.runner.results.settle(job.key, folder, result)
        del self.asked[job.trial, job.seed]  # only now: what could not be stored is told again
        self.runner.ending.note(job.trial)
        return failure

    def close(self) -> None:
        """Give the study up; trainings that were not told are interrupted, and are asked for again later."""
        self.closed = True
        self.runner.interrupt()
        self.runner.results.give_up_told()
