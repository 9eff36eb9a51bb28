"""The store: everything a study learns, in one database that Optuna's tables share."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from paretocaps.domain.front_record import FrontRecord
from paretocaps.domain.measurement import EpochRecord, Measurement
from paretocaps.domain.objective import Objective
from paretocaps.errors import StorageError
from paretocaps.storage import attempts, bulk, fronts, kept_weights, stored_trials, studies, trials
from paretocaps.storage.artifacts import artifacts_folder, attempt_name
from paretocaps.storage.database import Database
from paretocaps.storage.migrate import ensure_schema
from paretocaps.storage.records import (
    STATES,
    ImportedTrial,
    KeptWeights,
    State,
    StudyRecord,
    StudySummary,
    TrialChoices,
    TrialRecord,
)
from paretocaps.storage.table import QuantityTable, load_best_epochs, load_table

T = TypeVar("T")
_SEEN: tuple[State, ...] = ("running", "finished", "interrupted")


class Store:
    """Studies, trials, attempts, epochs and fronts of one database; a context manager.

    Each method is one transaction: what it writes is there whole or not at all, whatever happens to
    the process. Every method that names a study raises StorageError where there is none of that name,
    and every one that names a trial or an attempt where that is missing. Objects may be shared
    between threads, not between processes.
    """

    def __init__(self, database: Database, artifacts: Path) -> None:
        self._database = database
        self.artifacts = artifacts
        """The folder for weights and arrays, absolute; it is made by whoever writes there."""

    @classmethod
    def open(cls, url: str, create: bool) -> Self:
        """Open the database at `url`, bringing older tables up to date.

        Args:
            url: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/DATABASE`.
            create: whether a missing file, folder or set of tables may be made.

        Raises:
            StorageError: the database cannot be used, or (without `create`) has no studies.
        """
        database = Database(url, create=create)
        try:
            ensure_schema(database, create=create)
        except BaseException:
            database.close()
            raise
        return cls(database, artifacts_folder(url).absolute())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database, with everything in its one file."""
        self._database.close()

    # studies

    def create_study(self, name: str, spec: Mapping[str, Any]) -> None:
        """Add a study with what it was asked to do, as JSON can hold it (`spec.model_dump(mode="json")`).

        Raises:
            StorageError: there is one of that name.
            UsageError: `spec` cannot be stored as JSON.
        """
        taken = f"study {name!r} is in {self._database.name!r} already: open it, or choose another name"
        self._write(lambda connection: studies.create_study(connection, name, spec), taken)

    def study(self, name: str) -> StudyRecord:
        """Return the study called `name`; where there is none, the error has the nearest name."""
        return self._read(lambda connection: studies.study(connection, name))

    def studies(self) -> list[StudySummary]:
        """Return all studies, oldest first, with their trials counted by state."""
        return self._read(studies.studies)

    def set_spec(self, name: str, spec: Mapping[str, Any]) -> None:
        """Replace what a study was asked to do, e.g. when it is asked for more trials.

        Raises:
            UsageError: `spec` cannot be stored as JSON.
        """
        self._write(lambda connection: studies.set_spec(connection, name, spec))

    def set_reference_point(self, name: str, point: Sequence[float]) -> None:
        """Store the reference point of a study's hypervolume: one value an objective, in its own unit.

        Raises:
            DivergedError: a value is not finite.
        """
        self._write(lambda connection: studies.set_reference_point(connection, name, point))

    # trials

    def start_trial(
        self, study: str, number: int, choices: Mapping[str, Any], design: str | None = None
    ) -> None:
        """Add running trial `number` (Optuna's), or set the same trial running again after an interruption.

        Raises:
            StorageError: another trial has that number.
            UsageError: the choices cannot be stored as JSON.
        """
        taken = f"study {study!r} has a trial {number} already: use the next number"
        self._write(lambda connection: trials.start_trial(connection, study, number, choices, design), taken)

    def finish_trial(self, study: str, number: int) -> None:
        """End a trial that has a finished attempt; again changes nothing.

        Raises:
            StorageError: it has no finished attempt.
        """
        self._write(lambda connection: trials.finish_trial(connection, study, number))

    def fail_trial(self, study: str, number: int, reason: str) -> None:
        """End a trial, and those of its attempts that still run, as failed.

        Raises:
            StorageError: it is finished.
        """
        self._write(lambda connection: trials.end_trial(connection, study, number, "failed", reason))

    def interrupt_trial(self, study: str, number: int, reason: str | None = None) -> None:
        """End a trial, and those of its attempts that still run, as interrupted: it can be resumed.

        Raises:
            StorageError: it is finished.
        """
        self._write(lambda connection: trials.end_trial(connection, study, number, "interrupted", reason))

    def import_trials(self, study: str, finished: Iterable[ImportedTrial]) -> int:
        """Add finished trials with their measurements, all or none; return how many.

        Optuna is not told of them: fronts and reports have them, samplers do not.

        Raises:
            StorageError: the study has a trial of one of the numbers.
            UsageError: a trial has no measurement, or choices that JSON cannot hold.
            DivergedError: a measured value is not finite.
        """
        given = list(finished)
        taken = f"study {study!r} has one of the imported trials already: give them other numbers"
        return self._write(lambda connection: bulk.import_trials(connection, study, given), taken)

    # attempts

    def start_attempt(self, study: str, number: int, seed: int, folder: Path | None = None) -> int:
        """Add a running attempt of a trial with `seed`; return its number, from 1 for each seed.

        Args:
            study, number: which trial.
            seed: of this training.
            folder: where the worker leaves its files; None for `attempt_folder` of the new attempt.
        """

        def work(connection: Connection) -> int:
            trial = attempts.trial_id(connection, study, number, lock=True)
            attempt = attempts.next_attempt(connection, trial, seed)
            own = attempt_name(study, number, seed, attempt) if folder is None else self._relative(folder)
            attempts.start_attempt(connection, trial, seed, attempt, own.as_posix())
            return attempt

        return self._write(work)

    def attempt_folder(self, study: str, number: int, seed: int, attempt: int) -> Path:
        """Return the absolute folder for the files of one attempt; it is not made."""
        return self.artifacts / attempt_name(study, number, seed, attempt)

    def record_epoch(self, study: str, number: int, seed: int, attempt: int, record: EpochRecord) -> None:
        """Store one epoch of a running attempt; a training loss that is not finite is stored as NULL.

        Raises:
            DivergedError: another value of the epoch is not finite.
        """
        self._write(
            lambda connection: attempts.record_epoch(connection, study, number, seed, attempt, record)
        )

    def finish_attempt(
        self, study: str, number: int, seed: int, attempt: int, measurement: Measurement
    ) -> None:
        """Store a measurement whole, also of an attempt that was given up before; again changes nothing.

        Its epochs replace those recorded while it ran; a measurement without epochs leaves them.

        Raises:
            DivergedError: a value of the measurement is not finite; nothing is stored.
        """
        self._write(
            lambda connection: attempts.finish_attempt(connection, study, number, seed, attempt, measurement)
        )

    def fail_attempt(self, study: str, number: int, seed: int, attempt: int, reason: str) -> None:
        """End an attempt that left no measurement.

        Raises:
            StorageError: it is finished.
        """
        self._write(
            lambda connection: attempts.fail_attempt(connection, study, number, seed, attempt, reason)
        )

    # reading

    def counts(self, study: str) -> dict[State, int]:
        """Return how many trials the study has in each of the four states."""
        return self._read(lambda connection: trials.counts(connection, study))

    def trials(self, study: str) -> list[TrialRecord]:
        """Return all trials by number, with their attempts (without epochs)."""
        return self._read(
            lambda connection: stored_trials.load_trials(connection, study, STATES, self.artifacts)
        )

    def open_trials(self, study: str) -> list[TrialRecord]:
        """Return the running and interrupted trials by number, with their attempts, to be resumed."""
        states: tuple[State, ...] = ("running", "interrupted")
        return self._read(
            lambda connection: stored_trials.load_trials(connection, study, states, self.artifacts)
        )

    def trial(self, study: str, number: int) -> TrialRecord:
        """Return one trial with its attempts and their epochs."""
        return self._read(
            lambda connection: stored_trials.load_trial(connection, study, number, self.artifacts)
        )

    def choices_seen(self, study: str, states: Collection[State] = _SEEN) -> dict[str, int]:
        """Return the first trial with each choices (`canonical_json`), among trials in one of `states`."""
        return self._read(lambda connection: trials.choices_seen(connection, study, states))

    def members(self, study: str, numbers: Collection[int]) -> dict[int, TrialChoices]:
        """Return choices and design of a few trials by number, in the order asked for."""
        return self._read(lambda connection: trials.members(connection, study, numbers))

    def table(self, study: str, quantities: Sequence[str]) -> QuantityTable:
        """Return the finished trials as a matrix over `quantities`, means over their seeds.

        A quantity is a field of `Measurement` (`MEASURED`) or one of its `quantities`; a name that
        was not measured is a column of NaN.
        """
        return self._read(lambda connection: load_table(connection, study, quantities))

    def best_epochs(self, study: str) -> dict[int, float]:
        """Return the number of the best epoch of every finished trial, by trial; mean over its seeds."""
        return self._read(lambda connection: load_best_epochs(connection, study))

    # fronts and weights

    def save_front(self, front: FrontRecord) -> bool:
        """Store a front unless the latest over its objectives is the same; return whether it was stored.

        Raises:
            DivergedError: its hypervolume or reference point is not finite.
        """
        return self._write(lambda connection: fronts.save_front(connection, front))

    def latest_front(self, study: str, objectives: Sequence[Objective]) -> FrontRecord | None:
        """Return the front over `objectives` stored last, or None where there is none."""
        return self._read(lambda connection: fronts.latest_front(connection, study, objectives))

    def weights_in_use(self, study: str, keep: Collection[int] | None = None) -> list[KeptWeights]:
        """Return the weight files of open trials and of the trials in `keep` (None: the latest fronts)."""
        return self._weights(study, keep, used=True)

    def weights_unused(self, study: str, keep: Collection[int] | None = None) -> list[KeptWeights]:
        """Return the other weight files, for the caller to delete and then `forget_weights`."""
        return self._weights(study, keep, used=False)

    def forget_weights(self, study: str, gone: KeptWeights) -> None:
        """Note that a weights file was deleted."""
        self._write(lambda connection: kept_weights.forget_weights(connection, study, gone))

    def _weights(self, study: str, keep: Collection[int] | None, *, used: bool) -> list[KeptWeights]:
        return self._read(
            lambda connection: kept_weights.weights(connection, study, self.artifacts, used=used, keep=keep)
        )

    def _relative(self, folder: Path) -> Path:
        # relative, so that the database and its folder can be moved together
        folder = folder.absolute()
        return folder.relative_to(self.artifacts) if folder.is_relative_to(self.artifacts) else folder

    def _read(self, work: Callable[[Connection], T]) -> T:
        return self._database.read(work)

    def _write(self, work: Callable[[Connection], T], taken: str = "the row is there already") -> T:
        try:
            return self._database.write(work)
        except IntegrityError as error:
            raise StorageError(taken) from error
