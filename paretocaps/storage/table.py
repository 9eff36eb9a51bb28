"""The study as a matrix: what a front is ranked from, read without building objects."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, select

from paretocaps.domain.measurement import FIELDS
from paretocaps.domain.quantities.quantities import parse_quantity
from paretocaps.storage.attempts import is_latest
from paretocaps.storage.schema import ATTEMPTS, QUANTITIES, TRIALS
from paretocaps.storage.stored_trials import load_measurements
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

    A quantity is a field of `Measurement` (`FIELDS`), one of its `quantities`, or one that follows from
    these (`parse_quantity`); a name that was not measured is a column of NaN. A trial's value is the mean
    over its seeds, of the latest finished attempt of each.

    Raises:
        StorageError: there is no such study.
        UsageError: a quantity with a parameter that cannot be.
    """
    scope = [TRIALS.c.study_id == study_id(connection, study), TRIALS.c.state == "finished", is_latest()]
    if numbers is not None:
        scope.append(TRIALS.c.number.in_(numbers))
    stored = [name for name in quantities if name in FIELDS]
    own = TRIALS.c.number, *(ATTEMPTS.c[name] for name in _OWN)
    query = select(*own, *(ATTEMPTS.c[name] for name in stored)).select_from(ATTEMPTS.join(TRIALS))
    rows = connection.execute(query.where(*scope).order_by(TRIALS.c.number, ATTEMPTS.c.seed)).all()
    fields = list(zip(*rows, strict=True)) or [()] * (len(own) + len(stored))
    columns: dict[str, Sequence[float | None]] = dict(zip(stored, fields[len(own) :], strict=True))
    found = _named(connection, scope, [name for name in quantities if name not in columns])
    columns |= {name: [values.get(key) for key in fields[1]] for name, values in found.items()}
    matrix = np.array([columns[name] for name in quantities], dtype=np.float64)
    return _by_trial(tuple(quantities), fields, matrix.reshape(len(quantities), len(rows)).T)


def _named(
    connection: Connection, scope: Sequence[ColumnElement[bool]], names: Sequence[str]
) -> dict[str, dict[int, float | None]]:
    """Return what is no column of the attempts by name and attempt: measured under that name, or computed."""
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
                found[name][key] = quantity.of(measurement)
    return found


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
