"""Runs jobs in supervised worker processes, one per device: a training that dies takes nothing with it."""

import selectors
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from paretocaps.data.mapped_in_order import cores
from paretocaps.domain.failure import Failure
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord, Measurement
from paretocaps.execution.executor import OnJobEpoch, Outcome, refuse_full
from paretocaps.execution.worker_process import CLOSING, WorkerProcess, end
from paretocaps.run_folder import RunFolder

_TICK = 0.5  # s; how often a dead worker whose pipe a child holds open is looked for


@dataclass
class _Place:
    device: str
    shared: bool
    worker: WorkerProcess | None = None
    job: TrainingJob | None = None


class ProcessExecutor:
    """An executor with a worker process for each of `devices`.

    A worker is started at its first job and keeps its place for the next ones. One that dies (a
    segmentation fault, a kill, no memory left) fails its job, and the place's next
    job gets a new one. The workers, and the ranks of a job, divide the CPU cores among them; `threads`
    set in a job stays.

    Args:
        devices: one place for a job each; a device named twice is shared by two workers.
    """

    def __init__(self, devices: Sequence[str] = ("cpu",)) -> None:
        self._places = [_Place(device, devices.count(device) > 1) for device in devices]
        self._threads = max(1, cores() // len(devices))
        self._ended: list[Outcome] = []

    @property
    def capacity(self) -> int:
        """The number of devices."""
        return len(self._places)

    def submit(self, job: TrainingJob) -> None:
        """Hand `job` to a worker; one that cannot even be started is an outcome with a failure.

        Raises:
            ParetocapsError: every worker has a job.
        """
        place = next((place for place in self._places if place.job is None), None)
        if place is None:
            raise refuse_full(self.capacity, job)
        place.job = job
        try:
            RunFolder(job.folder).forget_result()
            worker = self._worker(place, job)
        except OSError as error:
            self._end_job(place, Failure(f"worker could not start: {error}", may_pass=True))
            return
        worker.send("job", job=self._placed(job, place).model_dump(mode="json"))

    def wait(self, on_epoch: OnJobEpoch, timeout: float | None = None) -> list[Outcome]:
        """Serve the workers until a job ends, or for `timeout` seconds, and return what ended.

        What `on_epoch` raises passes through; the next `wait` calls it for the same epoch again.
        """
        deadline = float("inf") if timeout is None else time.monotonic() + timeout
        while not self._ended and any(place.job for place in self._places):
            remaining = deadline - time.monotonic()
            for place in self._speaking(max(0.0, min(_TICK, remaining))):
                self._attend(place, on_epoch)
            if remaining <= 0:
                break
        ended, self._ended = self._ended, []
        return ended

    def abort(self) -> None:
        """End the jobs under way, and their workers, at once and without an outcome."""
        busy = [place for place in self._places if place.job is not None]
        workers = [place.worker for place in busy if place.worker is not None]
        for place in busy:
            place.worker = place.job = None
        end(workers, patience=0.0)

    def close(self) -> None:
        """End every worker; jobs still under way are ended as by `abort`."""
        self.abort()
        workers = [place.worker for place in self._places if place.worker is not None]
        for place in self._places:
            place.worker = None
        for worker in workers:
            worker.finish()
        end(workers, patience=CLOSING)

    def _worker(self, place: _Place, job: TrainingJob) -> WorkerProcess:
        if place.worker is not None and not place.worker.alive():
            self._replace(place)
        if place.worker is None:
            place.worker = WorkerProcess(RunFolder(job.folder), self._threads_of(job))
        return place.worker

    def _placed(self, job: TrainingJob, place: _Place) -> TrainingJob:
        threads = self._threads_of(job)
        folder = job.folder.absolute()  # a trainer may change its working directory
        return job.model_copy(
            update={
                "device": place.device,
                "threads": threads,
                "shared": place.shared,
                "folder": folder,
            }
        )

    def _threads_of(self, job: TrainingJob) -> int:
        """The threads of each of the job's ranks."""
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

    def _attend(self, place: _Place, on_epoch: OnJobEpoch) -> None:
        worker = place.worker
        assert worker is not None
        worker.read()
        while worker.inbox:
            self._take(place, worker, worker.inbox[0], on_epoch)
            worker.inbox.popleft()  # only now: what on_epoch raises leaves the message to the next wait
        if worker.ended and place.worker is worker:
            self._outlive(place, worker)

    def _take(
        self, place: _Place, worker: WorkerProcess, message: dict[str, Any], on_epoch: OnJobEpoch
    ) -> None:
        job = place.job
        if message["kind"] == "ready":
            worker.ready = True
        elif job is not None and message["kind"] == "epoch":
            record = EpochRecord.model_validate(message["record"])
            worker.send("answer", go_on=bool(on_epoch(job, record)))
        elif job is not None and message["kind"] == "measured":
            vanished = Failure(f"{job.folder} vanished with the measurement")
            self._end_job(place, RunFolder(job.folder).recover() or vanished)
        elif message["kind"] == "failed":
            self._end_job(place, Failure(**message["failure"]))
            if message["replace"]:
                self._replace(place)

    def _outlive(self, place: _Place, worker: WorkerProcess) -> None:
        self._replace(place)
        if place.job is not None:
            folder = RunFolder(place.job.folder)
            # it may have died between leaving its measurement and telling
            self._end_job(place, folder.recover() or worker.death(folder))

    def _replace(self, place: _Place) -> None:
        worker, place.worker = place.worker, None
        if worker is not None:
            end([worker], patience=CLOSING)

    def _end_job(self, place: _Place, result: Measurement | Failure) -> None:
        job, place.job = place.job, None
        if job is not None:
            self._ended.append(Outcome(job, result))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
