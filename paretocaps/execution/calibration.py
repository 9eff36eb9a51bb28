"""Measures how many seconds a trainer's reference step takes in this process, once."""

import math

from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import Measurement
from paretocaps.domain.objective import is_timed
from paretocaps.domain.trainer import TRAINERS, Calibrate, TrainerSpec
from paretocaps.execution.lease import await_neighbours

_measured: dict[tuple[str, str, int | None], float] = {}


def calibrate(job: TrainingJob, trainer: TrainerSpec) -> float | str | None:
    """Return how many seconds `trainer`'s reference step takes on the device of `job`.

    They are measured once per process, trainer, device and number of threads; on a slot, while its neighbours
    are taken, as they are while it trains. The result is None if the study measures no times and no energy,
    if the trainer has no reference step, or if the job has several ranks: these are another device than the
    one that runs the step. A step that fails does not stop the training: the result is then a text with the
    reason, and the next job tries again.
    """
    if job.ranks > 1 or not trainer.calibrate or not any(map(is_timed, job.measure)):
        return None
    device = job.device.partition(",")[0]  # a trial of one rank takes the first of a study's devices
    key = trainer.name, device, job.threads
    if key not in _measured:
        if job.slot is not None:
            await_neighbours(job)
        try:
            _measured[key] = _seconds(trainer, device, job.threads)
        except Exception as error:
            return f"no calibration: {' '.join(f'{type(error).__name__}: {error}'.split())[:300]}"
    return _measured[key]


def with_calibration(measurement: Measurement, found: float | str | None) -> Measurement:
    """Return `measurement` with the result of `calibrate`; it keeps a calibration that it already has."""
    if found is None or measurement.device.calibration is not None:
        return measurement
    if isinstance(found, str):
        return measurement.model_copy(update={"remarks": (*measurement.remarks, found)})
    device = measurement.device.model_copy(update={"calibration": found})
    return measurement.model_copy(update={"device": device})


def _seconds(trainer: TrainerSpec, device: str, threads: int | None) -> float:
    step: Calibrate = TRAINERS.resolve(trainer.name, trainer.calibrate)
    seconds = float(step(device, threads))
    if not (math.isfinite(seconds) and seconds > 0):
        raise ValueError(f"{trainer.calibrate} returned {seconds}, which is no duration of a step")
    return seconds
