"""The seconds of a trainer's reference step in this process, measured once."""

import math

from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import Measurement
from paretocaps.domain.objective import is_timed
from paretocaps.domain.trainer import Calibrate, TrainerSpec
from paretocaps.registry import resolve

_measured: dict[tuple[str, str, int | None], float] = {}


def calibrate(job: TrainingJob, trainer: TrainerSpec) -> float | str | None:
    """Return the seconds of `trainer`'s reference step where `job` will be trained.

    They are measured once in a process for each trainer, device and number of threads, and only where
    the study measures times and the trainer has a reference step: else None. A step that fails is no
    reason not to train: then the answer says why there are no seconds, and the next job tries again.
    Several ranks are another device than the one that takes the step: they have no calibration.
    """
    if job.ranks > 1 or not trainer.calibrate or not any(map(is_timed, job.measure)):
        return None
    key = trainer.name, job.device, job.threads
    if key not in _measured:
        try:
            _measured[key] = _seconds(trainer, job)
        except Exception as error:
            return f"no calibration: {' '.join(f'{type(error).__name__}: {error}'.split())[:300]}"
    return _measured[key]


def with_calibration(measurement: Measurement, found: float | str | None) -> Measurement:
    """Return `measurement` with what `calibrate` found; a calibration it has already stays."""
    if found is None or measurement.device.calibration is not None:
        return measurement
    if isinstance(found, str):
        return measurement.model_copy(update={"remarks": (*measurement.remarks, found)})
    device = measurement.device.model_copy(update={"calibration": found})
    return measurement.model_copy(update={"device": device})


def _seconds(trainer: TrainerSpec, job: TrainingJob) -> float:
    step: Calibrate = resolve(trainer.calibrate)
    seconds = float(step(job.device, job.threads))
    if not (math.isfinite(seconds) and seconds > 0):
        raise ValueError(f"{trainer.calibrate} returned {seconds}, not the seconds of a step")
    return seconds
