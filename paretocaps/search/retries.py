"""Tries trainings again whose failure may pass, each from the last checkpoint of the attempts before."""

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.failure import Failure
from paretocaps.run_folder import RunFolder
from paretocaps.storage.store import Store
from paretocaps.writing import remove_abandoned


@dataclass
class _Training:
    """One seed of a trial: the folders of its attempts, and the attempts in a row that got no further."""

    folders: dict[int, RunFolder] = field(default_factory=dict)
    begun_with: int | None = None
    in_vain: int = 0


@dataclass
class Retries:
    """Counts, for each trial and seed, the attempts in a row that got no further than those before them.

    An attempt got further if it recorded another epoch or wrote a checkpoint: however often a long training
    is cut off, it is tried again as long as it advances.

    Args:
        allowed: how often a training that gets no further is tried again; with 0 nothing is tried again.
        store: knows the epochs of attempts, and is told which attempt went on from which.
    """

    allowed: int
    store: Store
    _trainings: dict[int, dict[int, _Training]] = field(default_factory=dict)

    def begin(self, key: AttemptKey, folder: Path) -> int | None:
        """Move the checkpoints of an earlier attempt to the `folder` of the one that begins.

        Return the earlier one's number. It is the latest that has any, and None if none has: the attempt then
        begins with the first epoch. What the earlier ones were writing when they were killed is removed.
        """
        training = self._trainings.setdefault(key.trial, {}).setdefault(key.seed, _Training())
        own = training.folders[key.attempt] = RunFolder(folder)
        training.begun_with = None
        if key.attempt == 1:
            return None
        before = self.store.earlier_folders(key)
        training.folders |= {attempt: RunFolder(path) for attempt, path in before.items()}
        for path in before.values():
            remove_abandoned(path)
        for earlier in sorted(before, reverse=True):
            with suppress(OSError):  # what cannot be moved is trained again
                if own.take_checkpoints(training.folders[earlier]):
                    training.begun_with = _written(own)
                    self.store.resume_attempt(key, earlier)
                    return earlier
        return None

    def again(self, key: AttemptKey, failure: Failure) -> bool:
        """Return whether a training is tried again after its attempt `key` failed.

        One that another driver began is, if it may succeed then, and one that lacked a disk always is.
        """
        if failure.of_disk:  # the next attempt waits for the disk, see `Room`
            return True
        training = self._trainings.get(key.trial, {}).get(key.seed)
        if training is None or key.attempt not in training.folders:
            return failure.may_pass and self.allowed > 0
        written = _written(training.folders[key.attempt])
        advanced = written not in (None, training.begun_with) or self.store.got_further(key)
        training.in_vain = 0 if advanced else training.in_vain + 1
        return failure.may_pass and 0 < self.allowed >= training.in_vain

    def leave(self, key: AttemptKey) -> None:
        """Leave the checkpoint of a training that was stopped early, from which it may be continued."""
        training = self._trainings.get(key.trial, {}).pop(key.seed, None)
        for folder in training.folders.values() if training is not None else ():
            with suppress(OSError):
                folder.forget_earlier_checkpoint()

    def end(self, key: AttemptKey) -> None:
        """Remove the checkpoints of a training that was measured, or has failed for good."""
        seeds = self._trainings.get(key.trial, {})
        if (training := seeds.pop(key.seed, None)) is not None:
            _forget(training)
        if not seeds:
            self._trainings.pop(key.trial, None)

    def end_waiting(self, trial: int) -> None:
        """Remove the checkpoints of a failed trial, except those of its seeds that still train."""
        for training in self._trainings.get(trial, {}).values():
            if all(folder.process() is None for folder in training.folders.values()):
                _forget(training)


def _forget(training: _Training) -> None:
    for folder in training.folders.values():
        with suppress(OSError):
            folder.forget_checkpoints()


def _written(folder: RunFolder) -> int | None:
    """Return a number that differs for each checkpoint that is written to a folder; None without one."""
    try:
        return folder.checkpoint.stat().st_mtime_ns
    except OSError:
        return None
