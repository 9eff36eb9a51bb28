"""The far end of a Ray executor: one place on a node of the cluster, where one job after another is trained.

It is the content of a Ray actor, and does not import ray. The trainer runs in a worker process, as on one
machine, so that a crash ends neither the actor nor its hold on the device.
"""

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord, Measurement
from paretocaps.domain.progress import WithProgress
from paretocaps.domain.tuning import Tuning
from paretocaps.execution.executor import Outcome
from paretocaps.execution.folder_mirror import Changes, FolderMirror
from paretocaps.execution.processes import ProcessExecutor
from paretocaps.execution.ray_plan import Ask
from paretocaps.execution.worker import ENDS_WITH_DRIVER

PROBE = "shared.txt"
"""The file in a job's folder by which a place finds out whether it shares the driver's storage."""

_LISTENS = 0.5  # s that `next` waits for something to report; for so long `stop` may have to wait


@dataclass(frozen=True)
class Report:
    """What has happened at a place since the last report.

    Attributes:
        progress: what the trainer told, as activity, done and total.
        record: an epoch, as JSON; the job waits for an answer. Empty if there is none.
        tuned: device, key and tuning of a `tuned` message, as JSON; the job waits for the tuning that is
            kept. Empty if there is none.
        result: the measurement or the failure of a job that has ended, as JSON; empty while it runs.
        failed: whether `result` is a failure.
        changes: what has changed in the job's folder, if it is not on the driver's storage.
    """

    progress: tuple[tuple[str, int, int], ...] = ()
    record: str = ""
    tuned: str = ""
    result: str = ""
    failed: bool = False
    changes: Changes = field(default_factory=Changes)


class _AskedError(BaseException):
    # not an Exception: it interrupts `wait`, which takes the message again in the next call
    def __init__(self, record: str = "", tuned: str = "") -> None:
        self.record, self.tuned = record, tuned


class RayPlace:
    """One place: a worker process that trains what the driver sends, through a few calls that return soon.

    Args:
        ask: what the place was given of the node.
        paths: the driver's import path for its workers (PYTHONPATH), which is tried first.
    """

    def __init__(self, ask: Ask, paths: str = "") -> None:
        os.environ[ENDS_WITH_DRIVER] = "1"  # the device is given to another job when this process ends
        own = os.environ.get("PYTHONPATH", "")
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (paths, own)))
        self._ask = ask
        self._executor = ProcessExecutor([ask.device], shared=ask.shared, slot=ask.slot)
        self._own: tempfile.TemporaryDirectory[str] | None = None
        self._mirror: FolderMirror | None = None

    def shares(self, folder: str, probe: str) -> bool:
        """Return whether the driver's `folder` is here too: the file `PROBE` in it has this content."""
        with suppress(OSError, ValueError):
            return (Path(folder) / PROBE).read_text() == probe
        return False

    def start(self, job: str, files: Changes | None) -> None:
        """Start to train `job`, which is JSON.

        With `files`, the content of its folder, it is trained in a folder of this machine, whose changes are
        reported; without, in its own folder.
        """
        asked = TrainingJob.model_validate_json(job)
        folder = asked.folder
        if files is not None:
            self._own = tempfile.TemporaryDirectory(prefix="paretocaps-", ignore_cleanup_errors=True)
            folder = Path(self._own.name)
            files.apply(folder)
            self._mirror = FolderMirror(folder)
            self._mirror.changes()
        threads = asked.threads or max(1, self._ask.cpus // asked.ranks)
        self._executor.submit(asked.model_copy(update={"folder": folder, "threads": threads}))

    def next(self, answer: Any = None) -> Report:
        """Return what has happened, after a moment at the latest.

        Args:
            answer: what the last report waits for: whether to go on, or the tuning that is kept, as JSON.
        """
        heard: list[tuple[str, int, int]] = []

        def taken(record: str = "", tuned: str = "") -> Any:
            nonlocal answer
            if answer is None:
                raise _AskedError(record, tuned)
            given, answer = answer, None
            return given

        def on_epoch(job: TrainingJob, record: EpochRecord) -> bool:
            return bool(taken(record=record.model_dump_json()))

        def on_tuned(job: TrainingJob, device: str, key: str, tuning: Tuning) -> Tuning:
            told = {"device": device, "key": key, "tuning": tuning.model_dump(mode="json")}
            return Tuning.model_validate_json(taken(tuned=json.dumps(told)))

        def on_progress(job: TrainingJob, what: str, done: int, total: int) -> None:
            heard.append((what, done, total))

        try:
            outcomes = self._executor.wait(WithProgress(on_epoch, on_progress, on_tuned), timeout=_LISTENS)
        except _AskedError as waiting:
            return Report(tuple(heard), waiting.record, waiting.tuned, changes=self._changes())
        if outcomes:
            return self._ended(outcomes[0], tuple(heard))
        return Report(tuple(heard), changes=self._changes())

    def stop(self) -> None:
        """End the job, if one is running, and its worker."""
        self._executor.close()
        self._forget_folder()

    def _ended(self, outcome: Outcome, told: tuple[tuple[str, int, int], ...]) -> Report:
        changes = self._changes(ended=True)
        self._forget_folder()
        result = outcome.result
        if isinstance(result, Measurement):
            return Report(told, result=result.model_dump_json(), changes=changes)
        return Report(told, result=json.dumps(asdict(result)), failed=True, changes=changes)

    def _changes(self, *, ended: bool = False) -> Changes:
        return Changes() if self._mirror is None else self._mirror.changes(ended=ended)

    def _forget_folder(self) -> None:
        if self._own is not None:
            self._own.cleanup()
        self._own = self._mirror = None
