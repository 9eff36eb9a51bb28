"""The store, which keeps everything about a study in one database, next to Optuna's tables."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection

from paretocaps.domain.job import Origin
from paretocaps.storage import attempts as _attempts
from paretocaps.storage import audit as _audit
from paretocaps.storage import changes as _changes
from paretocaps.storage import claims as _claims
from paretocaps.storage import decisions as _decisions
from paretocaps.storage import drivers as _drivers
from paretocaps.storage import ensembles as _ensembles
from paretocaps.storage import epochs as _epochs
from paretocaps.storage import events as _events
from paretocaps.storage import finished_epochs as _finished_epochs
from paretocaps.storage import fronts as _fronts
from paretocaps.storage import further_seeds as _further_seeds
from paretocaps.storage import judged as _judged
from paretocaps.storage import kept_weights as _kept_weights
from paretocaps.storage import managing as _managing
from paretocaps.storage import optuna_tables as _optuna_tables
from paretocaps.storage import prior_trials as _prior_trials
from paretocaps.storage import rejections as _rejections
from paretocaps.storage import resumption as _resumption
from paretocaps.storage import standings as _standings
from paretocaps.storage import stopped as _stopped
from paretocaps.storage import stored_trials as _stored_trials
from paretocaps.storage import studies as _studies
from paretocaps.storage import submissions as _submissions
from paretocaps.storage import table as _table
from paretocaps.storage import training_seconds as _training_seconds
from paretocaps.storage import trials as _trials
from paretocaps.storage import tunings as _tunings
from paretocaps.storage import turns as _turns
from paretocaps.storage.database import Database
from paretocaps.storage.drivers import check_driver
from paretocaps.storage.migrate import ensure_schema
from paretocaps.storage.patience import Patience
from paretocaps.storage.same_file import SameFile

P = ParamSpec("P")
T = TypeVar("T")


def _reads(operation: Callable[Concatenate[Connection, P], T]) -> Callable[Concatenate["Store", P], T]:
    """Return `operation` as a method that reads one consistent state of the database."""

    @wraps(operation)
    def method(store: "Store", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return store._database.read(lambda connection: operation(connection, *args, **kwargs))

    return method


def _writes(operation: Callable[Concatenate[Connection, P], T]) -> Callable[Concatenate["Store", P], T]:
    """Return `operation` as a method that runs it in one transaction, again while the database is away.

    In a store that is bound to a driver, the transaction first checks that the driver has not ended.
    """

    @wraps(operation)
    def method(store: "Store", /, *args: P.args, **kwargs: P.kwargs) -> T:
        def work(connection: Connection) -> T:
            if store.driver is not None:
                check_driver(connection.execution_options(driver=store.driver), store.driver)
            return operation(connection, *args, **kwargs)

        return store._database.write(work)

    return method


class Store:
    """Studies, trials, attempts, epochs and fronts of one database; it is a context manager.

    Its operations are functions of a connection; the modules that define them describe them. Here each
    gets a transaction: all that it writes is stored, or nothing, whatever happens to the process. Each
    raises StorageError if the study, the trial or the attempt that it names does not exist. Threads may
    share a store, processes may not.

    Args:
        database: the database.
        driver: the token of the driver whose rights every write needs; None if it needs none.
    """

    create_study = _writes(_studies.create_study)
    has_study = _reads(_studies.has_study)
    created = _reads(_studies.created)
    study = _reads(_studies.study)
    study_names = _reads(_studies.study_names)
    standings = _reads(_standings.standings)
    standing = _reads(_standings.standing)
    durations = _reads(_standings.durations)
    set_spec = _writes(_studies.set_spec)
    set_facts = _writes(_studies.set_facts)
    set_content = _writes(_studies.set_content)
    pin_accelerator = _writes(_studies.pin_accelerator)
    keep_slots = _writes(_studies.keep_slots)
    fix_corners = _writes(_studies.fix_corners)
    has_optuna_tables = _reads(_optuna_tables.has_optuna_tables)

    rename_study = _writes(_managing.rename_study)
    copy_study = _writes(_managing.copy_study)
    delete_study = _writes(_managing.delete_study)
    set_folder = _writes(_managing.set_folder)

    keep_prior_trials = _writes(_prior_trials.keep_prior_trials)
    prior_trials = _reads(_prior_trials.prior_trials)
    keep_tunings = _writes(_tunings.keep_tunings)
    tunings = _reads(_tunings.tunings)
    untuned = _reads(_tunings.untuned)

    register_driver = _writes(_drivers.register_driver)
    beat = _writes(_drivers.beat)
    end_driver = _writes(_drivers.end_driver)
    claim_new = _writes(_claims.claim_new)
    claim = _writes(_claims.claim)
    release = _writes(_claims.release)
    record_trainings = _writes(_claims.record_trainings)
    unowned = _reads(_claims.unowned)
    others_at_work = _reads(_claims.others_at_work)
    changes = _reads(_changes.changes)
    version = _reads(_changes.version)

    start_trial = _writes(_trials.start_trial)
    finish_trial = _writes(_trials.finish_trial)
    fail_trial = _writes(_trials.fail_trial)
    interrupt_trial = _writes(_trials.interrupt_trial)
    interrupt_attempts = _writes(_trials.interrupt_attempts)
    reject_trial = _writes(_rejections.reject_trial)
    predicted = _reads(_rejections.predicted)
    counts = _reads(_trials.counts)

    start_attempt = _writes(_attempts.start_attempt)
    last_folder = _reads(_attempts.last_folder)
    known_folders = _reads(_attempts.known_folders)
    all_folders = _reads(_attempts.all_folders)
    attempt_folder = _reads(_attempts.attempt_folder)
    record_epochs = _writes(_epochs.record_epochs)
    finish_attempt = _writes(_attempts.finish_attempt)
    fail_attempt = _writes(_attempts.fail_attempt)
    record_judged = _writes(_judged.record_judged)
    resume_attempt = _writes(_resumption.resume_attempt)
    earlier_folders = _reads(_resumption.earlier_folders)
    got_further = _reads(_resumption.got_further)

    decide = _writes(_decisions.decide)
    decisions = _reads(_decisions.decisions)
    stop_attempt = _writes(_stopped.stop_attempt)
    stop_trial = _writes(_stopped.stop_trial)
    claim_stopped = _writes(_stopped.claim_stopped)
    curves = _reads(_stopped.curves)

    trials = _reads(_stored_trials.trials)
    latest_trials = _reads(_stored_trials.latest_trials)
    finished_epochs = _reads(_finished_epochs.finished_epochs)
    accuracies = _reads(_finished_epochs.accuracies)
    trial = _reads(_stored_trials.trial)
    trials_by_number = _reads(_stored_trials.trials_by_number)
    mistakes = _reads(_stored_trials.mistakes)
    table = _reads(_table.table)
    seed_values = _reads(_table.seed_values)
    further_seeds = _reads(_further_seeds.further_seeds)

    training_seconds = _reads(_training_seconds.training_seconds)
    seconds_by_trial = _reads(_training_seconds.seconds_by_trial)

    save_front = _writes(_fronts.save_front)
    stored_front = _reads(_fronts.stored_front)
    front_history = _reads(_fronts.front_history)
    save_ensemble = _writes(_ensembles.save_ensemble)
    ensembles = _reads(_ensembles.ensembles)
    weights_unused = _reads(_kept_weights.weights_unused)
    weights_kept = _reads(_kept_weights.weights_kept)
    forget_weights = _writes(_kept_weights.forget_weights)

    add_submission = _writes(_submissions.add_submission)
    spent = _reads(_submissions.spent)
    submission = _reads(_submissions.submission)
    submissions = _reads(_submissions.submissions)
    study_submission = _reads(_submissions.study_submission)
    latest_submissions = _reads(_submissions.latest_submissions)
    remove_submission = _writes(_submissions.remove_submission)
    submission_counts = _reads(_submissions.submission_counts)
    want = _writes(_submissions.want)
    explain = _writes(_submissions.explain)
    give_way = _writes(_submissions.give_way)
    resume = _writes(_submissions.resume)
    set_priority = _writes(_submissions.set_priority)
    raise_submission = _writes(_submissions.raise_submission)
    take_turn = _writes(_turns.take_turn)
    join_turn = _writes(_turns.join_turn)
    beat_turn = _writes(_turns.beat_turn)
    wanted = _reads(_turns.wanted)
    end_turn = _writes(_turns.end_turn)
    lose_turn = _writes(_turns.lose_turn)

    notify = _writes(_events.notify)
    events = _reads(_events.events)
    last_event = _reads(_events.last_event)
    last_epoch = _reads(_events.last_epoch)
    audit = _writes(_audit.audit)
    audited = _reads(_audit.audited)

    def __init__(self, database: Database, driver: str | None = None) -> None:
        self._database = database
        self.driver = driver

    def as_driver(self, token: str) -> Self:
        """Return this store, on the same connections, for a driver that is registered in it.

        What it writes raises FencedError, and is not stored, once the driver has ended.
        """
        return type(self)(self._database, token)

    def set_origin(self, origin: Origin) -> None:
        """Take only folders of other machines, or of other databases, whose jobs have an origin like this."""
        self._database.set_artifacts(self._database.artifacts.of(origin))

    def with_patience(self, patience: Patience) -> Self:
        """Return this store, on the same connections, with another patience."""
        return type(self)(self._database.with_patience(patience), self.driver)

    @classmethod
    def open(
        cls, url: str, create: bool, patience: Patience | None = None, artifacts: Path | None = None
    ) -> Self:
        """Open the database at `url`, and migrate older tables.

        Args:
            url: the path of a file, `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/DATABASE`.
            create: whether a missing file, folder or set of tables may be made.
            patience: how long every operation waits for a database that is away or locked.
            artifacts: the folder for the files of new trainings; None for the one beside the database.

        Raises:
            StorageError: the database cannot be used, or (without `create`) has no studies.
        """
        database = Database(url, create=create, patience=patience, artifacts=artifacts)
        try:
            ensure_schema(database, create=create)
            if create and database.file is not None:
                database.file.hold()
        except BaseException:
            database.close()
            raise
        return cls(database)

    @property
    def artifacts(self) -> Path:
        """The absolute folder for weights and arrays of new trainings; the first writer makes it."""
        return self._database.artifacts.new

    def holds(self, path: Path) -> bool:
        """Return whether `path` is in an artifact folder of this database, also where links lead."""
        return self._database.artifacts.holds(path)

    @property
    def url(self) -> str:
        """The storage URL, with the password if it has one: it must not be shown."""
        return self._database.engine.url.render_as_string(hide_password=False)

    @property
    def patience(self) -> Patience:
        """How long every operation waits for a database that is away, locked or full."""
        return self._database.patience

    @property
    def file(self) -> SameFile | None:
        """The database file that is open, or None of a database on a server."""
        return self._database.file

    def verify(self) -> None:
        """Check all of an SQLite database's file.

        Raises:
            LostStorageError: it was removed, replaced or damaged.
        """
        self._database.verify()

    def close(self) -> None:
        """Close the database; the one file of an SQLite database then has everything."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
