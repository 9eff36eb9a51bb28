"""Makes trials comparable: keeps those of one device, or expresses the times of all in seconds of one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from paretocaps.domain.objective import Objective, is_scaled
from paretocaps.domain.wording import trials_text
from paretocaps.errors import DevicesError, UnknownNameError, UsageError
from paretocaps.storage.quantity_table import QuantityTable

_NAMED = 5


def comparable(
    table: QuantityTable,
    objectives: Sequence[Objective],
    device: str | None = None,
    scale_to: str | None = None,
) -> QuantityTable:
    """Return the trials of a study that compare: those of one device, or all with their times scaled.

    Args:
        table: the finished trials.
        objectives: the objectives to compare: those that are ranked, and those with a bound.
        device: keep only the trials that were measured on this device.
        scale_to: express all times in seconds of this device (see `scaled`).

    Raises:
        UsageError: `device` and `scale_to` are both given.
        DevicesError: an objective was measured on several devices and does not compare across them.
        UnknownNameError: no trial was measured on that device.
    """
    if device is not None and scale_to is not None:
        raise UsageError(
            f"--measured-on {device!r} keeps the trials of one device, --scale-to {scale_to!r} those of all:"
            " give one of the two"
        )
    present = table.device_names
    for name in (device, scale_to):
        if name is not None and name not in present:
            raise UnknownNameError("device", name, present)
    if device is not None:
        return table.only(table.devices == device) if len(present) > 1 else table
    bound = [o for o in objectives if o.device_bound and not (o.timed and o.scales and scale_to is not None)]
    if bound and len(present) > 1:
        raise _mixed(bound[0], present, scaling=scale_to is not None)
    return table if scale_to is None else scaled(table, scale_to)


def scaled(table: QuantityTable, device: str) -> QuantityTable:
    """Return `table` with every time in seconds of `device`.

    Each time is multiplied by the seconds of the reference step on `device` divided by those on the trial's
    own device, both as medians over the device's trials. Times of one device thus keep their proportions,
    and times of `device` itself keep their values.

    Raises:
        UsageError: a trial has no calibration.
    """
    if len(table.device_names) < 2:
        return table
    missing = table.trials[~(table.calibrations > 0)].tolist()  # NaN too
    if missing:
        raise _uncalibrated(missing)
    factors = _medians(table, [device])[0] / _medians(table, table.devices.tolist())
    timed = [column for column, name in enumerate(table.quantities) if is_scaled(name)]
    values, deviations = table.values.copy(), table.deviations.copy()
    values[:, timed] *= factors[:, None]
    deviations[:, timed] *= factors[:, None]
    return replace(table, values=values, deviations=deviations)


def _medians(table: QuantityTable, devices: Sequence[str]) -> NDArray[np.float64]:
    of = {name: float(np.median(table.calibrations[table.devices == name])) for name in set(devices)}
    return np.array([of[name] for name in devices])


def _mixed(objective: Objective, present: Sequence[str], *, scaling: bool) -> DevicesError:
    remedy = "choose one with --measured-on"
    if objective.timed and objective.scales:
        remedy += ", or give --scale-to to express all times in the seconds of one"
    why = ", and --scale-to scales times only" if scaling else ""
    return DevicesError(
        f"{objective.name} was measured on several devices and does not compare across them{why}:"
        f" {remedy} ({'; '.join(present)})"
    )


def _uncalibrated(trials: Sequence[int]) -> UsageError:
    have = f"{trials_text(trials, _NAMED)} {'has' if len(trials) == 1 else 'have'}"
    return UsageError(
        f"{have} no calibration, so times cannot be scaled: choose one device with --measured-on, or train a"
        " new study with time among its objectives (a trial's remarks say why its reference step failed;"
        " trainings on several ranks have none)"
    )
