"""Reads the finished trials of a study as a matrix, without building objects."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, select

from paretocaps.domain.design_name import designs_in
from paretocaps.domain.measurement import FIELDS, IMAGES, Measurement
from paretocaps.domain.quantities.quantities import compared, evaluated, parse_quantity
from paretocaps.domain.quantities.quantity import Quantity
from paretocaps.errors import UsageError
from paretocaps.storage.quantity_table import FLAGS, QuantityTable, by_trial
from paretocaps.storage.quietest import is_latest, was_stopped
from paretocaps.storage.schema import ATTEMPTS, QUANTITIES, TRIALS
from paretocaps.storage.stored_trials import load_measurements
from paretocaps.storage.studies import named, study_id

_OWN = ("id", "seed", "attempt", "device_name", "torch", *FLAGS, "collapsed", "calibration", *IMAGES)

_AT_ONCE = 100  # trials whose epochs are in memory


class SeedValues(NamedTuple):
    """The values of m trainings.

    Attributes:
        trials, seeds: the trial's number and the seed, [m] int64, in this order.
        values: [m, quantities] float64, SI units; NaN where a training lacks the value.
    """

    trials: NDArray[np.int64]
    seeds: NDArray[np.int64]
    values: NDArray[np.float64]


def table(
    connection: Connection,
    study: str,
    quantities: Sequence[str],
    numbers: Collection[int] | None = None,
    *,
    stopped: bool = False,
) -> QuantityTable:
    """Return the finished trials of a study (those in `numbers`, or all) as a matrix over `quantities`.

    With `stopped` these are the trials that were stopped early, with the values of their epochs so far.

    A quantity is a field of `Measurement` (`FIELDS`), one of its `quantities`, or computed from them
    (`parse_quantity`); a quantity that was not measured gives a column of NaN. A trial's value is the mean
    over its seeds, each with its latest finished attempt.

    Raises:
        StorageError: there is no such study.
        UsageError: the parameter of a quantity is not allowed, or names a design without a finished trial.
    """
    rows, values = _trainings(connection, study, quantities, numbers, stopped=stopped)
    return by_trial(tuple(quantities), rows, values)


def seed_values(
    connection: Connection, study: str, quantities: Sequence[str], numbers: Collection[int]
) -> SeedValues:
    """Return the values of the latest finished attempt of each seed of the finished trials in `numbers`.

    The quantities and the errors are those of `table`.
    """
    rows, values = _trainings(connection, study, quantities, numbers)
    trials, seeds = (np.array(rows[name], dtype=np.int64) for name in ("number", "seed"))
    return SeedValues(trials, seeds, values)


def _trainings(
    connection: Connection,
    study: str,
    quantities: Sequence[str],
    numbers: Collection[int] | None,
    *,
    stopped: bool = False,
) -> tuple[dict[str, list[Any]], NDArray[np.float64]]:
    """Return the columns of the trainings by name, [m] each, and their quantities, [m, quantities]."""
    state, latest = ("stopped", is_latest(was_stopped)) if stopped else ("finished", is_latest())
    scope = [TRIALS.c.study_id == named(study), TRIALS.c.state == state, latest]
    if numbers is not None:
        scope.append(TRIALS.c.number.in_(numbers))
    stored = [name for name in quantities if name in FIELDS]
    columns = *(ATTEMPTS.c[name] for name in _OWN), *(ATTEMPTS.c[name] for name in stored)
    query = select(TRIALS.c.number, TRIALS.c.choices, TRIALS.c.design, *columns)
    query = query.select_from(ATTEMPTS.join(TRIALS)).where(*scope)
    rows = connection.execute(query.order_by(TRIALS.c.number, ATTEMPTS.c.seed)).all()
    if not rows:
        study_id(connection, study)
    own = {column.name: [row[place] for row in rows] for place, column in enumerate(query.selected_columns)}
    trials = dict(zip(own["id"], own["number"], strict=True))
    found = _named(connection, study, scope, trials, [name for name in quantities if name not in stored])
    extra = {name: [values.get(key) for key in own["id"]] for name, values in found.items()}
    matrix = np.array([(extra | own)[name] for name in quantities], dtype=np.float64)
    return own, matrix.reshape(len(quantities), len(rows)).T


def _named(
    connection: Connection,
    study: str,
    scope: Sequence[ColumnElement[bool]],
    trials: Mapping[int, int],
    names: Sequence[str],
) -> dict[str, Mapping[int, float | None]]:
    """Return by name and attempt the quantities that have no column of their own, measured or computed.

    Args:
        connection: a connection in any transaction.
        study: the study.
        scope: conditions on its attempts and trials.
        trials: the trial's number by the attempt's key.
        names: the names of the quantities.
    """
    computed = {name: quantity for name in names if (quantity := parse_quantity(name)) is not None}
    found: dict[str, Mapping[int, float | None]] = _measured(
        connection, scope, [name for name in names if name not in computed]
    )
    if computed:
        found |= _computed(connection, study, scope, trials, computed)
    return found


def _computed(
    connection: Connection,
    study: str,
    scope: Sequence[ColumnElement[bool]],
    trials: Mapping[int, int],
    computed: Mapping[str, Quantity],
) -> dict[str, dict[int, float | None]]:
    """Return by name and attempt the quantities that are computed, from the epochs of some trials at once."""
    found: dict[str, dict[int, float | None]] = {name: {} for name in computed}
    references = {
        name: _of_design(connection, study, quantity)
        for name, quantity in computed.items()
        if quantity.against is not None
    }
    epochs = any(quantity.reads_epochs for quantity in computed.values())
    numbers = sorted(set(trials.values()))
    for start in range(0, len(numbers), _AT_ONCE):
        some = TRIALS.c.number.in_(numbers[start : start + _AT_ONCE])
        measured = load_measurements(connection, (*scope, some), epochs=epochs)
        for name, quantity in computed.items():
            if name in references:
                found[name] |= _compared(quantity, measured, trials, references[name])
            else:
                found[name] |= {key: evaluated(quantity, one) for key, one in measured.items()}
    return found


def _measured(
    connection: Connection, scope: Sequence[ColumnElement[bool]], names: Sequence[str]
) -> dict[str, Mapping[int, float | None]]:
    found: dict[str, dict[int, float | None]] = {name: {} for name in names}
    query = select(QUANTITIES.c.attempt_id, QUANTITIES.c.name, QUANTITIES.c.value)
    joined = query.select_from(QUANTITIES.join(ATTEMPTS).join(TRIALS)).where(*scope)
    if names:
        for key, name, value in connection.execute(joined.where(QUANTITIES.c.name.in_(names))):
            found[name][key] = value
    return {**found}


def _compared(
    quantity: Quantity,
    measured: Mapping[int, Measurement],
    trials: Mapping[int, int],
    reference: Sequence[Measurement],
) -> dict[int, float | None]:
    attempts: dict[int, list[int]] = defaultdict(list)
    for key in measured:
        attempts[trials[key]].append(key)
    found: dict[int, float | None] = {}
    for keys in attempts.values():
        values = compared(quantity, [measured[key] for key in keys], reference)
        found |= zip(keys, values, strict=True)
    return found


def _of_design(connection: Connection, study: str, quantity: Quantity) -> list[Measurement]:
    """Return the finished trainings of the first finished trial of the design that `quantity` names."""
    finished = TRIALS.c.study_id == named(study), TRIALS.c.state == "finished", TRIALS.c.design.is_not(None)
    query = select(TRIALS.c.design, TRIALS.c.id).where(*finished).order_by(TRIALS.c.number.desc())
    first = dict(iter(connection.execute(query)))
    by_name = {design: key for name, key in first.items() for design in designs_in(name)}
    by_name |= {name: key for name, key in first.items() if name in by_name}  # nothing was fixed besides
    if quantity.against not in by_name:
        known = f"its designs: {', '.join(sorted(by_name))}" if first else "it has no designs"
        raise UsageError(
            f"{quantity.name}: study {study!r} has no finished trial of design {quantity.against!r}"
            f" ({known}): train it, name another, or give a number ({quantity.example})"
        )
    scope = TRIALS.c.id == by_name[quantity.against], ATTEMPTS.c.state == "finished", is_latest()
    return list(load_measurements(connection, scope, epochs=quantity.reads_epochs).values())
