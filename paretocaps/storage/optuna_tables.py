"""Reads and writes rows of Optuna's tables, many at a time; Optuna makes them, and checks their version.

Optuna reads trials as objects of an ORM, and writes every parameter in a transaction of its own: a study of
10,000 trials takes it half a minute to read, and a trial ten transactions to begin. It counts all trials to
number a new one, and looks for every value of a trial before it writes that.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Double,
    Enum,
    Integer,
    Select,
    Text,
    bindparam,
    column,
    delete,
    func,
    insert,
    inspect,
    select,
    table,
    update,
)

from paretocaps.storage.schema import INSERT

UNFINISHED = ("RUNNING", "WAITING")
_STUDIES = table("studies", column("study_id", Integer))
_STATE = Enum("RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING", name="trialstate")
_TRIALS = table(
    "trials",
    column("trial_id", Integer),
    column("number", Integer),
    column("study_id", Integer),
    column("state", _STATE),
    column("datetime_start", DateTime),
    column("datetime_complete", DateTime),
)
_PARAMS = table(
    "trial_params",
    column("param_id", Integer),
    column("trial_id", Integer),
    column("param_name", Text),
    column("param_value", Double),
    column("distribution_json", Text),
)
_VALUES = table(
    "trial_values",
    column("trial_id", Integer),
    column("objective", Integer),
    column("value", Double),
    column("value_type", Enum("FINITE", "INF_POS", "INF_NEG", name="trialvaluetype")),
)
_ATTRIBUTES = {
    kind: table(
        f"trial_{kind}_attributes",
        column("trial_id", Integer),
        column("key", Text),
        column("value_json", Text),
    )
    for kind in ("user", "system")
}
CONSTRAINT = "constraints:"
"""The beginning of the keys of constraints, among the attributes that Optuna sets."""
_INFINITE = {"INF_POS": float("inf"), "INF_NEG": float("-inf")}
_LOCKED = select(_STUDIES.c.study_id).where(_STUDIES.c.study_id == bindparam("study")).with_for_update()
_LAST = select(_TRIALS.c.number).where(_TRIALS.c.study_id == bindparam("study"))
_BEGUN = (
    insert(_TRIALS)
    .values(
        number=func.coalesce(_LAST.order_by(_TRIALS.c.trial_id.desc()).limit(1).scalar_subquery() + 1, 0),
        study_id=bindparam("study"),
        state="RUNNING",
        datetime_start=bindparam("started"),
    )
    .returning(_TRIALS.c.trial_id, _TRIALS.c.number)
)
_ENDED = (
    update(_TRIALS)
    .where(_TRIALS.c.trial_id == bindparam("trial"), _TRIALS.c.state.in_(UNFINISHED))
    .values(state=bindparam("to"), datetime_complete=bindparam("when"))
    .returning(_TRIALS.c.trial_id)
)


@dataclass(frozen=True)
class OptunaParameter:
    """A value of a trial as Optuna stores it: its name, internal representation and distribution (JSON)."""

    name: str
    value: float
    distribution: str


@dataclass(frozen=True)
class OptunaTrial:
    """A trial as Optuna stores it; attributes are JSON, and values are by objective."""

    id: int
    number: int
    state: str
    started: datetime | None
    ended: datetime | None
    parameters: Sequence[OptunaParameter]
    values: Sequence[float]
    user: Sequence[tuple[str, str]]
    system: Sequence[tuple[str, str]]


def has_optuna_tables(connection: Connection) -> bool:
    """Return whether Optuna has used the database; otherwise it has none of its studies."""
    return inspect(connection).has_table(_STUDIES.name)


def trials_since(
    connection: Connection, study: int, after: int = -1, also: Collection[int] = ()
) -> list[OptunaTrial]:
    """Return the trials of a study with a key above `after`, or in `also`, by their keys.

    Args:
        connection: a connection in any transaction.
        study: Optuna's key of the study.
        after, also: keys of trials.
    """
    newer = _TRIALS.c.trial_id > after
    wanted = newer | _TRIALS.c.trial_id.in_(also) if also else newer
    return _trials(connection, (_TRIALS.c.study_id == study, wanted))


def trials_of(connection: Connection, study: int, keys: Collection[int]) -> list[OptunaTrial]:
    """Return the trials `keys` of a study, by their keys."""
    return _trials(connection, (_TRIALS.c.study_id == study, _TRIALS.c.trial_id.in_(keys)))


def unfinished(
    connection: Connection, study: int, after: int | None = None, also: Collection[int] = ()
) -> tuple[int, dict[int, str]]:
    """Return the greatest key of a study's trials, and the states of those that are not finished, by key.

    With `after`, only trials above that key and those in `also` are looked at: the keys of a study's trials
    grow in the order in which they are stored.
    """
    keys = _TRIALS.c.trial_id
    query = select(keys, _TRIALS.c.state).where(_TRIALS.c.study_id == study).order_by(keys)
    if after is None:
        last = connection.scalar(select(func.max(keys)).where(_TRIALS.c.study_id == study))
        rows = connection.execute(query.where(_TRIALS.c.state.in_(UNFINISHED))).all()
        return -1 if last is None else last, {row.trial_id: row.state for row in rows}
    newer = keys > after
    rows = connection.execute(query.where(newer | keys.in_(also) if also else newer)).all()
    return max([after, *(key for key, _ in rows)]), {k: state for k, state in rows if state in UNFINISHED}


def begin_trial(connection: Connection, study: int, started: datetime) -> tuple[int, int]:
    """Add a running trial to a study, and return its key and its number, which is the next one.

    Args:
        connection: a connection in a transaction that has read nothing.
        study: Optuna's key of the study.
        started: when, in UTC, without a timezone.
    """
    if connection.dialect.name != "sqlite":  # which writes one transaction at a time
        connection.execute(_LOCKED, {"study": study})
    row = connection.execute(_BEGUN, {"study": study, "started": started}).one()
    return row.trial_id, row.number


def end_trial(
    connection: Connection,
    trial: int,
    state: str,
    values: Sequence[float],
    ended: datetime,
    constraints: Mapping[str, float],
) -> bool:
    """Set state, values and constraints of a trial that has not ended; return whether that was so.

    Args:
        connection: a connection in a transaction that has read nothing.
        trial: Optuna's key of the trial.
        state: Optuna's name of the state.
        values: one per objective, or none; infinite ones are stored as Optuna stores them.
        ended: when, in UTC, without a timezone.
        constraints: by how much the trial breaks each bound, by the bound's text.
    """
    if connection.scalar(_ENDED, {"trial": trial, "to": state, "when": ended}) is None:
        return False
    _insert_values(connection, trial, values)
    _insert_constraints(connection, trial, constraints)
    return True


def insert_parameters(connection: Connection, trial: int, parameters: Iterable[OptunaParameter]) -> None:
    """Insert the parameters of a trial, in their order, unless another driver that got it has done so."""
    rows = [
        {
            "trial_id": trial,
            "param_name": one.name,
            "param_value": one.value,
            "distribution_json": one.distribution,
        }
        for one in parameters
    ]
    if rows:
        connection.execute(INSERT[connection.dialect.name](_PARAMS).on_conflict_do_nothing(), rows)


def rewrite_outcome(
    connection: Connection, trial: int, state: str, values: Sequence[float], constraints: Mapping[str, float]
) -> None:
    """Replace state, values and constraints of a trial that has ended."""
    connection.execute(update(_TRIALS).where(_TRIALS.c.trial_id == trial).values(state=state))
    connection.execute(delete(_VALUES).where(_VALUES.c.trial_id == trial))
    _insert_values(connection, trial, values)
    _insert_constraints(connection, trial, constraints)


def _insert_values(connection: Connection, trial: int, values: Sequence[float]) -> None:
    kinds = {value: kind for kind, value in _INFINITE.items()}
    rows = [
        {
            "trial_id": trial,
            "objective": number,
            "value": None if value in kinds else value,
            "value_type": kinds.get(value, "FINITE"),
        }
        for number, value in enumerate(values)
    ]
    if rows:
        connection.execute(insert(_VALUES), rows)


def _insert_constraints(connection: Connection, trial: int, constraints: Mapping[str, float]) -> None:
    """Store constraints in the place of those that a trial has, as `Trial.set_constraint` does."""
    own = _ATTRIBUTES["system"]
    rows = [
        {"trial_id": trial, "key": f"{CONSTRAINT}{bound}", "value_json": json.dumps(excess)}
        for bound, excess in constraints.items()
    ]
    if rows:
        of_trial = own.c.trial_id == trial
        connection.execute(delete(own).where(of_trial, own.c.key.startswith(CONSTRAINT, autoescape=True)))
        connection.execute(insert(own), rows)


def _trials(connection: Connection, scope: Sequence[ColumnElement[bool]]) -> list[OptunaTrial]:
    rows = connection.execute(select(_TRIALS).where(*scope).order_by(_TRIALS.c.trial_id)).all()
    if not rows:
        return []
    parameters: dict[int, list[OptunaParameter]] = defaultdict(list)
    for row in connection.execute(_of_trials(_PARAMS, scope).order_by(_PARAMS.c.param_id)):
        parameters[row.trial_id].append(
            OptunaParameter(row.param_name, row.param_value, row.distribution_json)
        )
    values: dict[int, list[float]] = defaultdict(list)
    for row in connection.execute(_of_trials(_VALUES, scope).order_by(_VALUES.c.objective)):
        values[row.trial_id].append(_INFINITE.get(row.value_type, row.value))
    attributes: dict[str, dict[int, list[tuple[str, str]]]] = {}
    for kind, rows_of in _ATTRIBUTES.items():
        own = attributes[kind] = defaultdict(list)
        for row in connection.execute(_of_trials(rows_of, scope)):
            own[row.trial_id].append((row.key, row.value_json))
    return [
        OptunaTrial(
            row.trial_id,
            row.number,
            row.state,
            row.datetime_start,
            row.datetime_complete,
            parameters.get(row.trial_id, ()),
            values.get(row.trial_id, ()),
            attributes["user"].get(row.trial_id, ()),
            attributes["system"].get(row.trial_id, ()),
        )
        for row in rows
    ]


def _of_trials(rows: Any, scope: Sequence[ColumnElement[bool]]) -> Select[Any]:
    joined = rows.join(_TRIALS, _TRIALS.c.trial_id == rows.c.trial_id)
    query: Select[Any] = select(rows).select_from(joined).where(*scope)
    return query
