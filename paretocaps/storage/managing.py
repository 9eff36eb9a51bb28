"""Renames, copies and deletes whole studies: their rows here and in Optuna's tables, in one transaction.

Optuna's tables are found by their foreign keys: it makes them, and a later version may have more.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

from sqlalchemy import (
    Connection,
    MetaData,
    Subquery,
    Table,
    delete,
    func,
    insert,
    inspect,
    literal,
    select,
    update,
)

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.errors import StateError, StorageError
from paretocaps.host import host_name
from paretocaps.storage.artifacts import artifacts_of
from paretocaps.storage.attempts import is_attempt
from paretocaps.storage.events import last_event
from paretocaps.storage.schema import (
    ATTEMPTS,
    DECISIONS,
    ENSEMBLES,
    EPOCHS,
    FRONT_MEMBERS,
    FRONT_VALUES,
    FRONTS,
    PREDICTIONS,
    PREFIX,
    PRIOR_TRIALS,
    QUANTITIES,
    STUDIES,
    TRIALS,
    TUNINGS,
    now,
)
from paretocaps.storage.service_schema import EVENTS, SUBMISSIONS
from paretocaps.storage.studies import has_study, study_id

COPIED = "it was in training when its study was copied"
"""Why a trial of a copy failed that had not ended in the original."""
_OPEN = ("running", "interrupted")


def rename_study(connection: Connection, old: str, new: str) -> None:
    """Give a study another name, here and in Optuna's tables; its files stay in their folders.

    Raises:
        StorageError: there is no study `old`, or there is one called `new`.
        StateError: a submission of the study runs, whose process knows it by its name.
    """
    key = study_id(connection, old, lock=True)
    runs = select(SUBMISSIONS.c.id).where(SUBMISSIONS.c.study == old, SUBMISSIONS.c.state == "running")
    if (number := connection.scalar(runs.limit(1))) is not None:
        raise StateError(f"submission {number} of study {old!r} runs: pause it, or wait for its end")
    _refuse_taken(connection, new)
    connection.execute(update(STUDIES).where(STUDIES.c.id == key).values(name=new))
    for table in (SUBMISSIONS, EVENTS):
        connection.execute(update(table).where(table.c.study == old).values(study=new))
    optuna = _optuna(connection)
    if optuna is not None:
        named = optuna.c.study_name == old
        connection.execute(update(optuna).where(named).values(study_name=new))


def copy_study(connection: Connection, study: str, copy: str) -> None:
    """Add a study `copy` with all that the database has of `study`, but for its drivers and its files.

    Submissions are of the original alone. A trial that has not ended is a failed one in the copy, and no
    attempt there has a folder.

    Raises:
        StorageError: there is no such study, or there is one called `copy`.
    """
    old = study_id(connection, study, lock=True)
    _refuse_taken(connection, copy)
    columns = [column.name for column in STUDIES.c if column.name not in ("id", "name", "created")]
    made = literal(copy), literal(now(), STUDIES.c.created.type)
    values = select(*made, *(STUDIES.c[name] for name in columns)).where(STUDIES.c.id == old)
    connection.execute(insert(STUDIES).from_select(["name", "created", *columns], values))
    _copy_ours(connection, old, study_id(connection, copy))
    _copy(
        connection,
        EVENTS,
        "study",
        select(literal(study).label("old"), literal(copy).label("new")).subquery(),
    )
    _copy_optuna(connection, study, copy)


def delete_study(connection: Connection, study: str) -> None:
    """Remove all that the database has of a study, here and in Optuna's tables.

    Raises:
        StorageError: there is no such study.
    """
    connection.execute(delete(STUDIES).where(STUDIES.c.id == study_id(connection, study, lock=True)))
    for table in (SUBMISSIONS, EVENTS):
        connection.execute(delete(table).where(table.c.study == study))
    studies = _optuna(connection)
    if studies is None:
        return
    trials = studies.metadata.tables["trials"]
    own = select(studies.c.study_id).where(studies.c.study_name == study)
    own_trials = select(trials.c.trial_id).where(trials.c.study_id.in_(own))
    for child in _children(trials, but=()):
        connection.execute(delete(child).where(child.c.trial_id.in_(own_trials)))
    for child in [trials, *_children(studies, but=(trials,))]:
        connection.execute(delete(child).where(child.c.study_id.in_(own)))
    connection.execute(delete(studies).where(studies.c.study_name == study))


def set_folder(connection: Connection, key: AttemptKey, folder: Path, weights: str | None) -> None:
    """Store the absolute folder of a copied attempt's files, and the name of its weights there."""
    values = {"folder": artifacts_of(connection).stored(folder), "weights": weights, "host": host_name()}
    connection.execute(update(ATTEMPTS).where(is_attempt(key)).values(**values))


def _refuse_taken(connection: Connection, name: str) -> None:
    optuna = _optuna(connection)
    query = None if optuna is None else select(optuna.c.study_id).where(optuna.c.study_name == name)
    if has_study(connection, name) or (query is not None and connection.scalar(query) is not None):
        raise StorageError(f"there is already a study {name!r}: choose another name, or delete it first")
    if last_event(connection, name):  # numbered events of two studies cannot be one study's
        raise StorageError(f"a study {name!r} was submitted to the service: choose another name")


def _copy_ours(connection: Connection, old: int, new: int) -> None:
    """Copy the rows of the study with the key `old` for the one with the key `new`."""
    studies = select(literal(old).label("old"), literal(new).label("new")).subquery()
    for table in (TRIALS, TUNINGS, FRONTS, PRIOR_TRIALS, ENSEMBLES):
        _copy(connection, table, "study_id", studies)
    trials = _pairs(TRIALS, "id", "study_id", old, new, "number")
    _copy(connection, ATTEMPTS, "trial_id", trials, without=("folder", "weights", "driver"))
    attempts = _attempt_pairs(trials)
    for table in (EPOCHS, DECISIONS, QUANTITIES, PREDICTIONS):
        _copy(connection, table, "attempt_id", attempts)
    fronts = _front_pairs(old, new)
    for table in (FRONT_MEMBERS, FRONT_VALUES):
        _copy(connection, table, "front_id", fronts)
    ended = {"state": "failed", "reason": COPIED, "ended": now(), "may_pass": True}
    open_ones = TRIALS.c.study_id == new, TRIALS.c.state.in_(_OPEN)
    own = select(TRIALS.c.id).where(TRIALS.c.study_id == new)
    left = ATTEMPTS.c.trial_id.in_(own), ATTEMPTS.c.state.in_(_OPEN)
    connection.execute(update(ATTEMPTS).where(*left).values(**ended))
    connection.execute(update(TRIALS).where(*open_ones).values(**ended))
    connection.execute(update(TRIALS).where(TRIALS.c.study_id == new).values(driver=None))


def _copy_optuna(connection: Connection, study: str, copy: str) -> None:
    studies = _optuna(connection)
    if studies is None:
        return
    old = connection.scalar(select(studies.c.study_id).where(studies.c.study_name == study))
    if old is None:
        return
    connection.execute(insert(studies).values(study_name=copy))
    new = connection.scalar(select(studies.c.study_id).where(studies.c.study_name == copy))
    pair = select(literal(old).label("old"), literal(new).label("new")).subquery()
    trials = studies.metadata.tables["trials"]
    for child in [trials, *_children(studies, but=(trials,))]:
        _copy(connection, child, "study_id", pair)
    pairs = _pairs(trials, "trial_id", "study_id", old, new or 0, "number")
    for child in _children(trials, but=()):
        _copy(connection, child, "trial_id", pairs)
    unfinished = trials.c.study_id == new, trials.c.state.in_(("RUNNING", "WAITING"))
    connection.execute(update(trials).where(*unfinished).values(state="FAIL", datetime_complete=func.now()))


def _copy(
    connection: Connection, table: Table, parent: str, pairs: Subquery, without: Collection[str] = ()
) -> None:
    """Copy the rows of a table whose `parent` is an `old` of `pairs`, with its `new`, in their order."""
    own = [column.name for column in table.primary_key]
    counted = own if len(own) == 1 and own != [parent] else []  # the database counts such a key
    names = [c.name for c in table.c if c.name not in (parent, *counted, *without)]
    rows = select(pairs.c.new, *(table.c[name] for name in names))
    joined = rows.join(pairs, table.c[parent] == pairs.c.old).order_by(*table.primary_key)
    connection.execute(insert(table).from_select([parent, *names], joined))


def _pairs(table: Table, key: str, parent: str, old: int, new: int, same: str) -> Subquery:
    """Return the keys of rows of two studies that agree in the column `same`."""
    one, other = table.alias(), table.alias()
    query = select(one.c[key].label("old"), other.c[key].label("new")).join_from(
        one, other, one.c[same] == other.c[same]
    )
    return query.where(one.c[parent] == old, other.c[parent] == new).subquery()


def _attempt_pairs(trials: Subquery) -> Subquery:
    one, other = ATTEMPTS.alias(), ATTEMPTS.alias()
    same = (one.c.seed == other.c.seed) & (one.c.attempt == other.c.attempt)
    query = select(one.c.id.label("old"), other.c.id.label("new")).select_from(trials)
    query = query.join(one, one.c.trial_id == trials.c.old)
    return query.join(other, (other.c.trial_id == trials.c.new) & same).subquery()


def _front_pairs(old: int, new: int) -> Subquery:
    """Return the keys of the fronts of two studies, in the order in which they were stored."""
    place = func.row_number().over(order_by=FRONTS.c.id).label("place")
    one, other = (
        select(FRONTS.c.id, place).where(FRONTS.c.study_id == study).subquery() for study in (old, new)
    )
    return (
        select(one.c.id.label("old"), other.c.id.label("new"))
        .join_from(one, other, one.c.place == other.c.place)
        .subquery()
    )


def _optuna(connection: Connection) -> Table | None:
    """Return Optuna's table of studies, with all that refer to it or its trials; None where it has none."""
    names = set(inspect(connection).get_table_names())
    if not {"studies", "trials"} <= names:
        return None
    found = MetaData()
    found.reflect(connection, only=lambda name, _: not name.startswith(PREFIX))
    return found.tables["studies"]


def _children(table: Table, but: Collection[Table]) -> Iterator[Table]:
    """Yield the tables with a foreign key to `table`."""
    for other in table.metadata.sorted_tables:
        refers = any(key.column.table is table for key in other.foreign_keys)
        if refers and other not in but and other is not table:
            yield other
