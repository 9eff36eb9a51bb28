"""Runs jobs on a Ray cluster: a place per GPU, or per share of a node, and one job at a time on each."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Self

from paretocaps.cores import processors
from paretocaps.domain.failure import Failure
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord, Measurement
from paretocaps.domain.progress import progress_of, tuned_of
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.tuning import Tuning
from paretocaps.execution.devices import cuda_count
from paretocaps.execution.executor import Executor, OnJobEpoch, Outcome, refuse_full
from paretocaps.execution.ray_connection import connection, refuse_missing
from paretocaps.execution.ray_plan import Ask, Plan, RayNode, plan
from paretocaps.run_folder import RunFolder

_TICK = 0.5  # s between checks whether the cluster is there


class RayExecutor(Executor):
    """An executor whose jobs run on the nodes of a Ray cluster.

    A process of its own, the gateway, speaks with the cluster; there a Ray actor holds each place, and every
    job is a task of it. Where a node does not see the job's folder, the folder's files travel: there when the
    job starts, and here with every report, so that its checkpoints outlive the node.

    Args:
        devices: one entry per job that may run at once; a name that starts with "cuda" asks for a GPU.
        address: the cluster's address; None for that of RAY_ADDRESS, or for a cluster on this machine.
        ask: what each of them asks for; None for one CPU or GPU.
        shared: whether a node that finds the jobs' folders uses them; if not, the files always travel.

    Raises:
        UsageError: ray is not installed, or the cluster cannot be reached.
    """

    def __init__(
        self,
        devices: Sequence[str] = ("cpu",),
        *,
        address: str | None = None,
        ask: Ask | None = None,
        shared: bool = True,
    ) -> None:
        one = Ask("cuda:0", gpus=1.0) if devices[0].startswith("cuda") else Ask()
        self._plan = Plan(tuple(devices), ask or one)
        self._pinned: Callable[[], Plan] | None = None
        self._shared = shared
        self._jobs: dict[int, TrainingJob] = {}
        self._ticket = 0
        self._ended: list[Outcome] = []
        self._ray = connection(address)

    @classmethod
    def places(cls, spec: StudySpec) -> list[str]:
        """Return the places of a study's jobs, by the nodes that its cluster has at the moment.

        Raises:
            UsageError: see `RayExecutor` and `plan`.
        """
        refuse_missing()
        if spec.ray_address is None and "RAY_ADDRESS" not in os.environ:
            named = None if spec.device in ("auto", "cpu") or "cuda" in spec.device else spec.device
            # a cluster on this machine, which is started later: `of_study` then knows the type of its GPUs
            return list(plan(spec, [RayNode(processors(), cuda_count(), named)]).places)
        ray = connection(spec.ray_address)
        ray.keep()  # the study is trained next
        return list(plan(spec, ray.nodes).places)

    @classmethod
    def of_study(cls, spec: StudySpec, pinned: str | None, pin: Callable[[str], str]) -> Self:
        """Return an executor for a study, whose first job pins it to a type of GPU (see `ElsewhereFactory`).

        Raises:
            UsageError: see `RayExecutor` and `plan`.
        """
        executor = cls(address=spec.ray_address)
        nodes = executor._ray.nodes
        try:
            executor._plan = plan(spec, nodes, pinned)
        except BaseException:
            executor.close()
            raise
        kind = executor._plan.ask.accelerator
        if pinned is None and kind is not None:
            executor._pinned = lambda: plan(spec, nodes, pin(kind))
        return executor

    @property
    def capacity(self) -> int:
        """The number of places."""
        return len(self._plan.places)

    def submit(self, job: TrainingJob) -> None:
        """Hand `job` to the cluster, where it starts as soon as its place has a node.

        Raises:
            ParetocapsError: every place has a job.
            UsageError: another driver has pinned the study to GPUs that the cluster does not have.
        """
        if len(self._jobs) >= self.capacity:
            raise refuse_full(self.capacity, job)
        if self._pinned is not None:  # the first job decides for the study
            self._plan, self._pinned = self._pinned(), None
        RunFolder(job.folder).forget_result()
        self._ticket += 1
        self._jobs[self._ticket] = job
        sent = job.model_copy(update={"folder": job.folder.absolute()}).model_dump(mode="json")
        ask = asdict(self._plan.ask)
        self._ray.send("job", ticket=self._ticket, job=sent, ask=ask, shared=self._shared)

    def wait(self, on_epoch: OnJobEpoch, timeout: float | None = None) -> list[Outcome]:
        """Serve the jobs until one ends, or for `timeout` seconds, and return the outcomes.

        An exception of `on_epoch` is passed on; the next `wait` calls it for the same epoch again.

        Raises:
            ParetocapsError: the cluster is gone; the jobs have no outcome.
        """
        deadline = float("inf") if timeout is None else time.monotonic() + timeout
        while not self._ended and self._jobs:
            remaining = deadline - time.monotonic()
            self._ray.listen(max(0.0, min(_TICK, remaining)))
            while self._ray.inbox:
                self._take(self._ray.inbox[0], on_epoch)
                self._ray.inbox.popleft()  # only now: if on_epoch raises, the next wait takes it again
            if remaining <= 0:
                break
        ended, self._ended = self._ended, []
        return ended

    def abort(self) -> None:
        """End the running jobs at once; they have no outcome."""
        if self._jobs:
            self._ray.abort()
        self._jobs.clear()
        self._ended.clear()

    def close(self) -> None:
        """End the running jobs, and leave the cluster; one on this machine of our own ends."""
        self.abort()
        self._ray.close()

    def _take(self, message: dict[str, Any], on_epoch: OnJobEpoch) -> None:
        ticket = message["ticket"]
        job = self._jobs[ticket]
        if message["kind"] == "progress":
            progress_of(on_epoch)(job, message["what"], message["done"], message["total"])
        elif message["kind"] == "epoch":
            go_on = bool(on_epoch(job, EpochRecord.model_validate(message["record"])))
            self._ray.send("answer", ticket=ticket, answer=go_on)
        elif message["kind"] == "tuned":
            tuning = Tuning.model_validate(message["tuning"])
            kept = tuned_of(on_epoch)(job, message["device"], message["key"], tuning)
            self._ray.send("answer", ticket=ticket, answer=kept.model_dump_json())
        elif message["kind"] == "ended":
            del self._jobs[ticket]
            found = message["result"]
            result = Failure(**found) if message["failed"] else Measurement.model_validate(found)
            self._ended.append(Outcome(job, result))
