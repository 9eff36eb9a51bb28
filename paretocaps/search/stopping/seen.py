"""What the objectives of a study are worth before a training ends, by its epochs so far."""

from collections.abc import Sequence

from paretocaps.domain.claim import EXACT
from paretocaps.domain.measurement import Device, EpochRecord, Measurement, best_epoch
from paretocaps.domain.objective import Objective
from paretocaps.domain.quantities.quantities import value_of

Point = tuple[float, ...]
"""One value per objective, with signs so that less is better."""

_NOWHERE = Device(name="", kind="")


def seen(records: Sequence[EpochRecord], objectives: Sequence[Objective]) -> Point | None:
    """Return what a training would be worth if it ended now; None if an objective has no value yet.

    As at its end, times are those up to the best epoch. A trainer may tell sizes at the end alone: then its
    epochs have 0 of them, which is no value.
    """
    best = best_epoch(records)
    cpu = [record.cpu_seconds for record in records if record.epoch <= best.epoch]
    known = [seconds for seconds in cpu if seconds is not None]
    so_far = Measurement(
        acc=best.acc,
        best_epoch=best.epoch,
        time=best.time,
        cpu_time=sum(known) if len(known) == len(cpu) else None,
        wall=records[-1].wall,
        params=best.params,
        macs=best.macs,
        device=_NOWHERE,
        epochs=tuple(records),
    )
    if any(one.quantity in EXACT and not value_of(so_far, one.quantity) for one in objectives):
        return None
    return point_of(so_far, objectives)


def point_of(measurement: Measurement, objectives: Sequence[Objective]) -> Point | None:
    """Return what a measurement is worth; None if it lacks an objective."""
    values = [value_of(measurement, objective.quantity) for objective in objectives]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    return tuple(objective.sign * value for objective, value in zip(objectives, known, strict=True))


def unseen(objectives: Sequence[Objective]) -> list[str]:
    """Return the names of the objectives that no epoch shows, because they are measured at the end."""
    record = EpochRecord(epoch=1, acc=1, seconds=1, time=1, wall=1, params=1, macs=1, cpu_seconds=1)
    return [one.name for one in objectives if seen([record], [one]) is None]
