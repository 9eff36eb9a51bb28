"""The finished trials of a study as a matrix, from which fronts are ranked."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from paretocaps.domain.collapse import COLLAPSED, PARTLY
from paretocaps.domain.estimate import Estimate, Images, estimated
from paretocaps.domain.measurement import IMAGES
from paretocaps.domain.objective import images_of, is_signed
from paretocaps.domain.quantities.quantities import compares_trials

N = TypeVar("N", np.int64, np.float64)

FLAGS = ("shared", "loaded", "partial", "retuned")
"""What makes the times of a training unreliable."""
_RECENT = 64
"""How many of the latest trials are looked at for machines whose names are known."""
MIXED = "mixed"
"""The flag of a trial whose trainings ran on several machines, so that its times are means over these."""

Machine = tuple[str, str]
"""The name of a device, and the version of torch that trained on it."""


@dataclass(frozen=True)
class QuantityTable:
    """The finished trials of a study: n rows in the order of their numbers, one column per quantity.

    Attributes:
        quantities: the names of the columns.
        trials: trial numbers, [n] int64, increasing.
        choices: the choices that were trained, canonical JSON, [n] str.
        designs: the name of the trial's design, [n] str or None.
        values: means over the seeds, [n, quantities] float64, SI units; NaN where a seed lacks the value.
        seeds: number of seeds, [n] int64.
        counts: number of seeds that have the value, [n, quantities] int64.
        deviations: sample standard deviations over the seeds, [n, quantities] float64, SI units; NaN for one
            seed, and where a seed lacks the value.
        images: numbers of images that the accuracies are shares of (`IMAGES`), [n, 2] float64; NaN where no
            seed has them recorded.
        attempts: sum over the seeds of the attempt's number, [n] int64; it grows with every training that is
            added to a trial or replaces another.
        machines: the machines that the seeds were trained on, each once, sorted, [n] tuples of `Machine`.
        devices: name of the device, [n] str; where the seeds differ, the names joined by " + ". A device
            that occurs in the table with several versions of torch counts as several devices, since their
            times do not compare: its names end in ", torch X".
        calibrations: seconds of the reference step, mean over the seeds, [n] float64; NaN where not measured.
        shared: whether any of the trainings shared its device with other jobs of the study, [n] bool.
        loaded: whether anything else disturbed the device of any of the trainings, [n] bool.
        partial: whether the time of any of the trainings lacks passes of a frozen trunk, [n] bool.
        retuned: whether steps of any of the trainings were computed by another tuning than the study keeps
            for the device, [n] bool.
        collapsed: how many of the trainings collapsed (see `domain.collapse`), [n] int64.
    """

    quantities: tuple[str, ...]
    trials: NDArray[np.int64]
    choices: NDArray[np.object_]
    designs: NDArray[np.object_]
    values: NDArray[np.float64]
    seeds: NDArray[np.int64]
    counts: NDArray[np.int64]
    deviations: NDArray[np.float64]
    images: NDArray[np.float64]
    attempts: NDArray[np.int64]
    machines: NDArray[np.object_]
    devices: NDArray[np.str_]
    calibrations: NDArray[np.float64]
    shared: NDArray[np.bool_]
    loaded: NDArray[np.bool_]
    partial: NDArray[np.bool_]
    retuned: NDArray[np.bool_]
    collapsed: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.trials)

    def row(self, trial: int) -> int:
        """Return the row of a trial that is in the table."""
        return int(np.searchsorted(self.trials, trial))

    def choices_of(self, row: int) -> dict[str, Any]:
        """Return the choices of the trial in a row."""
        choices: dict[str, Any] = json.loads(self.choices[row])
        return choices

    def column(self, quantity: str) -> NDArray[np.float64]:
        """Return the values of one quantity, [n]."""
        values: NDArray[np.float64] = self.values[:, self.quantities.index(quantity)]
        return values

    def flags(self, row: int) -> tuple[str, ...]:
        """Return what is to be known of a trial's values, as `FrontMember.flags`."""
        timed = tuple(name for name in FLAGS if getattr(self, name)[row])
        mixed = (MIXED,) if len(self.machines[row]) > 1 else ()
        collapsed = (COLLAPSED if self.all_collapsed[row] else PARTLY,) if self.collapsed[row] else ()
        return timed + mixed + collapsed

    @cached_property
    def device_names(self) -> tuple[str, ...]:
        """The different devices of its trials, sorted."""
        if len(self) and (self.devices == self.devices[0]).all():  # as mostly, and much faster
            return (str(self.devices[0]),)
        return tuple(sorted(set(self.devices.tolist())))

    @property
    def all_collapsed(self) -> NDArray[np.bool_]:
        """Whether every seed of a trial collapsed, [n]."""
        return np.equal(self.collapsed, self.seeds)

    def estimates(self, row: int) -> dict[str, Estimate]:
        """Return the values of a trial with their intervals, by quantity, where at least one seed has one."""
        return {
            name: self._estimate(row, column)
            for column, name in enumerate(self.quantities)
            if self.counts[row, column]
        }

    def _estimate(self, row: int, column: int) -> Estimate:
        n, mean = int(self.counts[row, column]), float(self.values[row, column])
        if np.isnan(mean):
            return Estimate(None, n)
        if self._of_mean_curves[column]:
            return Estimate(mean, n)
        share, signed = self._kinds[column]
        images = self.images[row, IMAGES.index(f"{share}_images")] if share else np.nan
        return estimated(
            mean,
            n,
            float(self.deviations[row, column]) if n > 1 else None,
            share=bool(share),
            images=None if np.isnan(images) else int(images),
            signed=signed,
        )

    @cached_property
    def _kinds(self) -> list[tuple[Images, bool]]:
        return [(images_of(name), is_signed(name)) for name in self.quantities]

    @cached_property
    def _of_mean_curves(self) -> list[bool]:
        """Whether a column compares mean curves: the seeds then have no values of their own to deviate."""
        return [compares_trials(name) for name in self.quantities]

    def only(self, chosen: NDArray[np.bool_]) -> Self:
        """Return the trials for which `chosen`, [n], is true; the names of devices stay as they are."""
        arrays: dict[str, Any] = {name: getattr(self, name)[chosen] for name in _arrays()}
        return replace(self, **arrays)

    def joined(self, other: Self) -> Self:
        """Return the trials of both tables, which have the same quantities; a trial in both is `other`'s."""
        if len(self) and len(other) and other.trials[0] > self.trials[-1]:  # as trials mostly finish
            return self._appended(other)
        mine = self.only(~np.isin(self.trials, other.trials))
        order = np.argsort(np.concatenate([mine.trials, other.trials]))
        both = {name: column[order] for name, column in mine._columns(other).items()}
        return replace(self, **both | {"devices": _devices(both["machines"])})

    def _appended(self, other: Self) -> Self:
        both = self._columns(other)
        # devices have the same names as before where there is no machine that has not been seen
        seen = dict(zip(self.machines[-_RECENT:], self.devices[-_RECENT:], strict=True))
        known = all(machine in seen for machine in other.machines)
        devices = (
            np.concatenate([self.devices, [seen[machine] for machine in other.machines]])
            if known
            else _devices(both["machines"])
        )
        return replace(self, **both | {"devices": devices})

    def _columns(self, other: Self) -> dict[str, Any]:
        """Return the columns with the rows of `other` after those of this table, whatever their numbers."""
        return {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in _arrays()}


def by_trial(
    quantities: tuple[str, ...], rows: Mapping[str, Sequence[Any]], values: NDArray[np.float64]
) -> QuantityTable:
    """Return the table of the trials of m trainings.

    Args:
        quantities: the names of the columns of `values`.
        rows: columns of the trainings by name, [m] each, in the order of the trials' numbers.
        values: the quantities of the trainings, [m, quantities].
    """
    trials, first, seeds = np.unique(
        np.array(rows["number"], dtype=np.int64), return_index=True, return_counts=True
    )
    places = list(zip(rows["device_name"], rows["torch"], strict=True))
    machines = _objects(
        [
            tuple(sorted(set(places[start : start + count]), key=str))
            for start, count in zip(first, seeds, strict=True)
        ]
    )
    # NULL is taken as False
    flags = {name: np.array(rows[name], dtype=np.bool_) for name in FLAGS}
    collapsed = np.array(rows["collapsed"], dtype=np.bool_)
    calibrations = np.array(rows["calibration"], dtype=np.float64)
    attempts = np.array(rows["attempt"], dtype=np.int64)
    images = np.array([rows[name] for name in IMAGES], dtype=np.float64).T
    return QuantityTable(
        quantities=quantities,
        trials=trials,
        choices=_objects(rows["choices"])[first],
        designs=_objects(rows["design"])[first],
        values=_means(values, first, seeds),
        seeds=seeds,
        counts=_sums((~np.isnan(values)).astype(np.int64), first),
        deviations=_deviations(values, first, seeds),
        images=np.fmax.reduceat(images, first, axis=0) if len(first) else images,
        attempts=np.add.reduceat(attempts, first) if len(first) else attempts,
        machines=machines,
        devices=_devices(machines),
        calibrations=_means(calibrations[:, None], first, seeds)[:, 0],
        **{name: np.logical_or.reduceat(of, first) if len(first) else of for name, of in flags.items()},
        collapsed=_sums(collapsed.astype(np.int64), first),
    )


def _devices(machines: NDArray[np.object_]) -> NDArray[np.str_]:
    """Return the devices' names, with the version of torch if a device occurs with several versions."""
    distinct: set[tuple[Machine, ...]] = set(machines)
    seen = Counter(name for name, _ in {machine for several in distinct for machine in several})
    names = {
        several: " + ".join(
            sorted(
                {f"{name}, torch {torch or 'unknown'}" if seen[name] > 1 else name for name, torch in several}
            )
        )
        for several in distinct
    }
    return np.array([names[several] for several in machines], dtype=np.str_)


def _objects(values: Sequence[object]) -> NDArray[np.object_]:
    return np.fromiter(values, dtype=np.object_, count=len(values))


def _arrays() -> list[str]:
    return [field.name for field in fields(QuantityTable) if field.name != "quantities"]


def _means(
    values: NDArray[np.float64], first: NDArray[np.int64], counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    return _sums(values, first) / counts[:, None]


def _deviations(
    values: NDArray[np.float64], first: NDArray[np.int64], counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    # from the first seed's value, so that equal values deviate by 0 exactly
    away = values - np.repeat(values[first], counts, axis=0)
    away -= np.repeat(_means(away, first, counts), counts, axis=0)
    freedom = np.where(counts > 1, counts - 1, np.nan)
    return np.sqrt(_sums(away**2, first) / freedom[:, None])


def _sums(values: NDArray[N], first: NDArray[np.int64]) -> NDArray[N]:
    sums: NDArray[N] = np.add.reduceat(values, first, axis=0) if len(first) else values
    return sums
