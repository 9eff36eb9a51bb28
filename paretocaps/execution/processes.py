"""Runs jobs in supervised worker processes, one per device: a training that crashes ends only its worker."""

import selectors
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from paretocaps.cores import processors
from paretocaps.domain.failure import Failure
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord, Measurement
from paretocaps.domain.progress import progress_of, tuned_of
from paretocaps.domain.tuning import Tuning
from paretocaps.errors import of_disk
from paretocaps.execution.descendants import end_left_behind
from paretocaps.execution.executor import Executor, OnJobEpoch, Outcome, refuse_full
from paretocaps.execution.lease import is_free
from paretocaps.execution.limits import Limits
from paretocaps.execution.slots import slots_of
from paretocaps.execution.worker_process import CLOSING, WorkerProcess, end
from paretocaps.run_folder import RunFolder

STARTING = "starting worker"
"""The activity of a job whose worker starts."""
_TICK = 0.5  # s between checks for dead workers: a dead one is silent while a child holds its pipe open

_GAP = 60.0  # s; a longer pause means that the driver was stopped, and its workers waited for it


@dataclass
class _Place:
    device: str
    shared: bool
    worker: WorkerProcess | None = None
    job: TrainingJob | None = None
    limits: Limits = field(default_factory=Limits)
    begins: bool = False


class ProcessExecutor(Executor):
    """An executor with one worker process per entry of `devices`.

    A worker starts with its first job and stays for the next ones. If it dies (of a segmentation fault,
    a signal, or lack of memory), its job fails, and a new worker trains the next job. The workers, and
    the ranks of a job, divide the CPU cores among them, unless a job sets its `threads` itself. A job that
    exceeds its limits (see `Limits`) is ended together with its worker, and what a trainer has started ends
    with its worker (see `descendants`).

    Args:
        devices: the device of each worker; two workers share a device that is named twice.
        shared: whether jobs of others run on the devices at the same time.
        slot: how many cores each job has to itself, to which its worker is pinned; None for no slots. Every
            device is then "cpu".
    """

    def __init__(
        self, devices: Sequence[str] = ("cpu",), *, shared: bool = False, slot: int | None = None
    ) -> None:
        self._slot = slot
        if slot is None:
            self._places = [_Place(device, shared or devices.count(device) > 1) for device in devices]
        else:
            crowded = len(devices) > len(slots_of(slot))
            self._places = [_Place(device, shared or crowded) for device in devices]
        self._threads = slot or max(1, processors() // len(devices))
        self._ended: list[Outcome] = []
        self._now = time.monotonic()

    @classmethod
    def on_slots(cls, cores: int, jobs: int) -> Self:
        """Return an executor of so many jobs at once, each on a slot of so many cores (`SlotsFactory`)."""
        return cls(["cpu"] * jobs, slot=cores)

    @property
    def capacity(self) -> int:
        """The number of devices."""
        return len(self._places)

    def submit(self, job: TrainingJob) -> None:
        """Hand `job` to a worker, on a free device if there is one.

        If the worker cannot be started, the job's outcome is a failure.

        Raises:
            ParetocapsError: every worker has a job.
        """
        idle = [place for place in self._places if place.job is None]
        free = (place for place in idle if len(idle) == 1 or is_free(place.device, job.exclusive, self._slot))
        place = next(free, idle[0] if idle else None)
        if place is None:
            raise refuse_full(self.capacity, job)
        place.job, place.limits = job, Limits(job.stall_timeout, job.trial_timeout)
        try:
            RunFolder(job.folder).forget_result()
            worker = self._worker(place, job)
        except OSError as error:
            why = of_disk(error)
            failure = Failure(f"worker could not start: {why or error}", may_pass=True, of_disk=bool(why))
            self._end_job(place, failure)
            return
        if worker.ready:
            place.limits.ready()
        worker.send("job", job=self._placed(job, place).model_dump(mode="json"))

    def wait(self, on_epoch: OnJobEpoch, timeout: float | None = None) -> list[Outcome]:
        """Serve the workers until a job ends, or for `timeout` seconds, and return the outcomes.

        An exception of `on_epoch` is passed on; the next `wait` calls it for the same epoch again.
        """
        deadline = float("inf") if timeout is None else time.monotonic() + timeout
        for place in self._places:
            if place.job is not None and place.begins:
                place.begins = False
                progress_of(on_epoch)(place.job, STARTING, 0, 0)
        while not self._ended and any(place.job for place in self._places):
            remaining = deadline - time.monotonic()
            listening = time.monotonic()
            speaking = self._speaking(max(0.0, min(_TICK, remaining)))
            self._let_pass(time.monotonic() - listening)
            for place in speaking:
                self._attend(place, on_epoch)
            self._end_exceeding()
            if remaining <= 0:
                break
        ended, self._ended = self._ended, []
        return ended

    def abort(self) -> None:
        """End the running jobs and their workers at once; the jobs have no outcome."""
        busy = [place for place in self._places if place.job is not None]
        end([place.worker for place in busy if place.worker is not None], patience=0.0)
        for place in busy:  # only now: an interrupt may come in between, and `close` then ends what is left
            place.worker = place.job = None

    def close(self) -> None:
        """End every worker, and the running jobs as `abort` does."""
        self.abort()
        workers = [place.worker for place in self._places if place.worker is not None]
        for worker in workers:
            worker.finish()
        end(workers, patience=CLOSING)
        for place in self._places:
            place.worker = None

    def _worker(self, place: _Place, job: TrainingJob) -> WorkerProcess:
        if place.worker is not None and not place.worker.alive():
            self._replace(place)
        if place.worker is None:
            place.begins = True  # it imports what trains, which takes seconds
            place.worker = WorkerProcess(RunFolder(job.folder), self._threads_of(job))
        return place.worker

    def _placed(self, job: TrainingJob, place: _Place) -> TrainingJob:
        threads = self._threads_of(job)
        folder = job.folder.absolute()  # a trainer may change its working directory
        return job.model_copy(
            update={
                "device": place.device,
                "threads": threads,
                "slot": self._slot,
                "shared": place.shared,
                "folder": folder,
            }
        )

    def _threads_of(self, job: TrainingJob) -> int:
        """Return the CPU threads per rank of the job."""
        return job.threads or max(1, self._threads // job.ranks)

    def _speaking(self, seconds: float) -> list[_Place]:
        busy = [place for place in self._places if place.job is not None and place.worker is not None]
        if any(place.worker and place.worker.inbox for place in busy):
            seconds = 0.0
        with selectors.DefaultSelector() as selector:
            for place in busy:
                assert place.worker is not None
                selector.register(place.worker, selectors.EVENT_READ, place)
            speaking = [key.data for key, _ in selector.select(seconds)]
        return [p for p in busy if p in speaking or (p.worker and (p.worker.inbox or not p.worker.alive()))]

    def _let_pass(self, listened: float) -> None:
        now = time.monotonic()
        passed, self._now = now - self._now, now
        for place in self._places:
            place.limits.spend(min(passed, _GAP), min(listened, _GAP))

    def _end_exceeding(self) -> None:
        for place in self._places:
            failure = place.limits.exceeded()
            if place.job is None or failure is None:
                continue
            folder = RunFolder(place.job.folder)
            if place.worker is not None:
                where = place.worker.whereabouts(folder.log) if failure.may_pass else ""  # it hangs there
                failure = replace(failure, reason=failure.reason + where)
                self._replace(place, at_once=True)
            # it may have been silent because it had ended its training and could not say so
            self._end_job(place, folder.recover() or failure)

    def _attend(self, place: _Place, on_epoch: OnJobEpoch) -> None:
        worker = place.worker
        assert worker is not None
        worker.read()
        while worker.inbox:
            self._take(place, worker, worker.inbox[0], on_epoch)
            worker.inbox.popleft()  # only now: if on_epoch raises, the next wait takes the message again
        if worker.ended and place.worker is worker:
            self._outlive(place, worker)

    def _take(
        self, place: _Place, worker: WorkerProcess, message: dict[str, Any], on_epoch: OnJobEpoch
    ) -> None:
        job = place.job
        if message["kind"] == "ready":
            worker.ready = True
            place.limits.ready()
        elif job is not None and message["kind"] == "progress":
            told = message["what"], message["done"], message["total"]
            place.limits.hear(*told)
            progress_of(on_epoch)(job, *told)
        elif job is not None and message["kind"] == "epoch":
            record = EpochRecord.model_validate(message["record"])
            place.limits.hear("epoch", record.epoch, job.epochs)
            worker.send("answer", go_on=bool(on_epoch(job, record)))
        elif job is not None and message["kind"] == "tuned":
            tuning = Tuning.model_validate(message["tuning"])
            kept = tuned_of(on_epoch)(job, message["device"], message["key"], tuning)
            worker.send("answer", tuning=kept.model_dump(mode="json"))
        elif job is not None and message["kind"] == "measured":
            vanished = Failure(f"{job.folder} vanished with the measurement")
            sent = message["measurement"] and Measurement.model_validate(message["measurement"])
            self._end_job(place, sent or RunFolder(job.folder).recover() or vanished)
        elif message["kind"] == "failed":
            self._end_job(place, Failure(**message["failure"]))
            if message["replace"]:
                self._replace(place)

    def _outlive(self, place: _Place, worker: WorkerProcess) -> None:
        self._replace(place)
        if place.job is not None:
            folder = RunFolder(place.job.folder)
            # the worker may have died after it wrote its measurement and before it reported it
            self._end_job(place, folder.recover() or worker.death(folder))

    def _replace(self, place: _Place, *, at_once: bool = False) -> None:
        worker, place.worker = place.worker, None
        if worker is not None:
            end([worker], patience=0.0 if at_once else CLOSING)

    def _end_job(self, place: _Place, result: Measurement | Failure) -> None:
        job, place.job = place.job, None
        if job is not None:
            self._ended.append(Outcome(job, result))

    def __enter__(self) -> Self:
        end_left_behind()
        return self
