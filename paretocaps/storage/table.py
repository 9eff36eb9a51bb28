"""Reads the finished trials of a study as a matrix, without building objects."""

from collections.abc import Collection, Sequence

import numpy as np
from sqlalchemy import ColumnElement, Connection, select

from paretocaps.domain.measurement import FIELDS
from paretocaps.domain.quantities.quantities import evaluated, parse_quantity
from paretocaps.storage.attempts import is_latest
from paretocaps.storage.quantity_table import QuantityTable, by_trial
from paretocaps.storage.schema import ATTEMPTS, QUANTITIES, TRIALS
from paretocaps.storage.stored_trials import load_measurements
from paretocaps.storage.studies import named, study_id

_OWN = ("id", "attempt", "device_name", "torch", "shared", "loaded", "calibration")


def table(
    connection: Connection, study: str, quantities: Sequence[str], numbers: Collection[int] | None = None
) -> QuantityTable:
    """Return the finished trials of a study (those in `numbers`, or all) as a matrix over `quantities`.

    A quantity is a field of `Measurement` (`FIELDS`), one of its `quantities`, or computed from them
    (`parse_quantity`); a quantity that was not measured gives a column of NaN. A trial's value is the mean
    over its seeds, each with its latest finished attempt.

    Raises:
        StorageError: there is no such study.
        UsageError: the parameter of a quantity is not allowed.
    """
    scope = [TRIALS.c.study_id == named(study), TRIALS.c.state == "finished", is_latest()]
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
    found = _named(connection, scope, [name for name in quantities if name not in stored])
    extra = {name: [values.get(key) for key in own["id"]] for name, values in found.items()}
    matrix = np.array([(extra | own)[name] for name in quantities], dtype=np.float64)
    return by_trial(tuple(quantities), own, matrix.reshape(len(quantities), len(rows)).T)


def _named(
    connection: Connection, scope: Sequence[ColumnElement[bool]], names: Sequence[str]
) -> dict[str, dict[int, float | None]]:
    """Return by name and attempt the quantities that have no column of their own, measured or computed."""
    computed = {name: quantity for name in names if (quantity := parse_quantity(name)) is not None}
    found: dict[str, dict[int, float | None]] = {name: {} for name in names}
    query = select(QUANTITIES.c.attempt_id, QUANTITIES.c.name, QUANTITIES.c.value)
    joined = query.select_from(QUANTITIES.join(ATTEMPTS).join(TRIALS)).where(*scope)
    if len(computed) < len(names):
        for key, name, value in connection.execute(joined.where(QUANTITIES.c.name.in_(names))):
            found[name][key] = value
    if computed:
        epochs = any(quantity.reads_epochs for quantity in computed.values())
        for key, measurement in load_measurements(connection, scope, epochs=epochs).items():
            for name, quantity in computed.items():
                found[name][key] = evaluated(quantity, measurement)
    return found
