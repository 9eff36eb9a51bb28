"""The study as a matrix: what a front is ranked from, read without building objects."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Select, func, select

from paretocaps.domain.measurement import MEASURED
from paretocaps.domain.view import EPOCH_TIME, EnergyEstimate, View, parse_view
from paretocaps.storage.attempts import is_latest
from paretocaps.storage.schema import ATTEMPTS, EPOCHS, QUANTITIES, TRIALS
from paretocaps.storage.studies import study_id

_OWN = ("id", "device_name", "torch", "shared", "loaded", "calibration")


@dataclass(frozen=True)
class QuantityTable:
    """The finished trials of a study: n rows by number, one column a quantity.

    Attributes:
        quantities: the names of the columns.
        trials: trial numbers, [n] int64, increasing.
        values: means over the seeds, [n, quantities] float64, SI units; NaN where a seed lacks the value.
        seeds: how many trainings each mean is over, [n] int64.
        devices: name of the device, [n] str; several, sorted, joined by " + " where the seeds differ. A
            device that occurs with several versions of torch, whose times do not compare either, is
            as many: its name ends in ", torch X".
        calibrations: seconds of the reference step, mean over the seeds, [n] float64; NaN where not measured.
        shared: whether any of the trainings shared its device, [n] bool.
        loaded: whether any of them was disturbed by whatever else ran there, [n] bool.
    """

    quantities: tuple[str, ...]
    trials: NDArray[np.int64]
    values: NDArray[np.float64]
    seeds: NDArray[np.int64]
    devices: NDArray[np.str_]
    calibrations: NDArray[np.float64]
    shared: NDArray[np.bool_]
    loaded: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.trials)

    def column(self, quantity: str) -> NDArray[np.float64]:
        """Return the values of one quantity, [n]."""
        values: NDArray[np.float64] = self.values[:, self.quantities.index(quantity)]
        return values

    def flags(self, row: int) -> tuple[str, ...]:
        """Return what to hold against the times of a trial, as `FrontMember.flags`."""
        return tuple(name for name in ("shared", "loaded") if getattr(self, name)[row])


def table(
    connection: Connection, study: str, quantities: Sequence[str], numbers: Collection[int] | None = None
) -> QuantityTable:
    """Return the finished trials of a study (those in `numbers`, or all) as a matrix over `quantities`.

    A quantity is a field of `Measurement` (`MEASURED`), one of its `quantities`, or a view of them
    (`parse_view`); a name that was not measured is a column of NaN. A trial's value is the mean over its
    seeds, of the latest finished attempt of each.

    Raises:
        StorageError: there is no such study.
    """
    scope = [TRIALS.c.study_id == study_id(connection, study), TRIALS.c.state == "finished", is_latest()]
    if numbers is not None:
        scope.append(TRIALS.c.number.in_(numbers))
    columns = [ATTEMPTS.c[name] for name in quantities if name in MEASURED]
    own = TRIALS.c.number, *(ATTEMPTS.c[name] for name in _OWN)
    query = select(*own, *columns).select_from(ATTEMPTS.join(TRIALS)).where(*scope)
    rows = connection.execute(query.order_by(TRIALS.c.number, ATTEMPTS.c.seed)).all()
    fields = list(zip(*rows, strict=True)) or [()] * (len(own) + len(columns))
    extra = _extra(connection, scope, quantities, fields[1])
    measured = dict(zip([name for name in quantities if name in MEASURED], fields[len(own) :], strict=True))
    matrix = np.array([measured.get(name, extra.get(name)) for name in quantities], dtype=np.float64)
    return _by_trial(tuple(quantities), fields, matrix.reshape(len(quantities), len(rows)).T)


def best_epochs(connection: Connection, study: str) -> dict[int, float]:
    """Return the number of the best epoch of every finished trial, by trial: the mean over its seeds.

    Raises:
        StorageError: there is no such study.
    """
    scope = TRIALS.c.study_id == study_id(connection, study), TRIALS.c.state == "finished", is_latest()
    query = select(TRIALS.c.number, func.avg(ATTEMPTS.c.best_epoch)).select_from(ATTEMPTS.join(TRIALS))
    rows = connection.execute(query.where(*scope).group_by(TRIALS.c.number))
    return {number: float(mean) for number, mean in rows}


def _extra(
    connection: Connection,
    scope: Sequence[ColumnElement[bool]],
    quantities: Sequence[str],
    attempts: Sequence[int],
) -> dict[str, NDArray[np.float64]]:
    """Return what is not a column of the attempts: what a trainer measured by name, and views."""
    names = [name for name in quantities if name not in MEASURED]
    columns = {name: np.full(len(attempts), np.nan) for name in names}
    if not names:
        return columns
    place = {attempt: index for index, attempt in enumerate(attempts)}
    views = {name: view for name in names if (view := parse_view(name)) is not None}
    named = QUANTITIES.c.name.in_([name for name in names if name not in views])
    query = select(QUANTITIES.c.attempt_id, QUANTITIES.c.name, QUANTITIES.c.value)
    joined = query.select_from(QUANTITIES.join(ATTEMPTS).join(TRIALS))
    for attempt, name, value in connection.execute(joined.where(*scope, named)):
        columns[name][place[attempt]] = value
    asked = {name: _viewed(view, scope) for name, view in views.items()}
    if EPOCH_TIME in columns:
        mean = select(ATTEMPTS.c.id, ATTEMPTS.c.time / ATTEMPTS.c.best_epoch)
        asked[EPOCH_TIME] = mean.select_from(ATTEMPTS.join(TRIALS)).where(*scope)
    for name, values in asked.items():
        for row in connection.execute(values):
            columns[name][place[row[0]]] = row[1]
    return columns


def _viewed(view: View, scope: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Select (attempt, value): of those that reached an accuracy, of their first such epoch."""
    if isinstance(view, EnergyEstimate):
        joules = select(ATTEMPTS.c.id, ATTEMPTS.c.time * view.watts)
        return joules.select_from(ATTEMPTS.join(TRIALS)).where(*scope)
    value = EPOCHS.c.time if view.kind == "time_to" else EPOCHS.c.epoch
    first = select(EPOCHS.c.attempt_id, func.min(value)).select_from(EPOCHS.join(ATTEMPTS).join(TRIALS))
    return first.where(*scope, EPOCHS.c.acc >= view.acc).group_by(EPOCHS.c.attempt_id)


def _by_trial(
    quantities: tuple[str, ...], fields: Sequence[Sequence[object]], values: NDArray[np.float64]
) -> QuantityTable:
    trials, first, seeds = np.unique(
        np.array(fields[0], dtype=np.int64), return_index=True, return_counts=True
    )
    names = np.array(_labels(fields[2], fields[3]), dtype=np.str_)
    devices = [
        names[start] if count == 1 else " + ".join(sorted(set(names[start : start + count])))
        for start, count in zip(first, seeds, strict=True)
    ]
    shared, loaded = (np.array(field, dtype=np.bool_) for field in fields[4:6])  # NULL is not
    calibrations = np.array(fields[6], dtype=np.float64)
    return QuantityTable(
        quantities=quantities,
        trials=trials,
        values=_means(values, first, seeds),
        seeds=seeds,
        devices=np.array(devices, dtype=np.str_),
        calibrations=_means(calibrations[:, None], first, seeds)[:, 0],
        shared=np.logical_or.reduceat(shared, first) if len(first) else shared,
        loaded=np.logical_or.reduceat(loaded, first) if len(first) else loaded,
    )


def _labels(names: Sequence[object], versions: Sequence[object]) -> list[str]:
    """Return the devices' names, those that occur with several versions of torch with theirs."""
    seen = Counter(name for name, _ in set(zip(names, versions, strict=True)))
    return [
        f"{name}, torch {version or 'unknown'}" if seen[name] > 1 else str(name)
        for name, version in zip(names, versions, strict=True)
    ]


def _means(
    values: NDArray[np.float64], first: NDArray[np.int64], counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    if not len(first):
        return values
    sums: NDArray[np.float64] = np.add.reduceat(values, first, axis=0)
    return sums / counts[:, None]
