"""Finds the measured trainings of a study that its database lacks, because it was lost or replaced."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from paretocaps.domain.job import Origin, TrainingJob
from paretocaps.domain.measurement import Measurement
from paretocaps.run_folder import RunFolder

_ON_A_SERVER = "://"


@dataclass(frozen=True)
class LeftTraining:
    """A measured training of the study that its database lacks."""

    folder: Path
    job: TrainingJob
    measurement: Measurement


def unknown_folders(root: Path, read_known: Callable[[], Collection[Path]]) -> list[Path]:
    """Return the measured trainings' folders in a study's folder `root`, except those that are known.

    The known ones are read afterwards, because other drivers may train meanwhile: a training is stored before
    it begins.
    """
    return _measured(_folders(root), read_known)


def other_folders(root: Path, study: str, read_known: Callable[[], Collection[Path]]) -> list[Path]:
    """Return the measured trainings' folders of a study that lie in the folders of others, beside `root`.

    Those that are known are left out, as in `unknown_folders`.
    """
    places = [trial for place in _folders(root.parent) if place != root for trial in _folders(place)]
    jobs = ((folder, RunFolder(folder).job()) for folder in _measured(places, read_known))
    return [folder for folder, job in jobs if job is not None and job.study == study]


def read_left(folder: Path, study: str, origin: Origin) -> LeftTraining | str:
    """Return the training in `folder`, or why it is none of this study, as what follows "trainings".

    Args:
        folder: has a measurement.
        study: the study's name.
        origin: what the study's own trainings say about it.
    """
    left = RunFolder(folder)
    if left.process() is not None:
        return "that still run"
    job, measurement = left.job(), left.recover()
    if job is None or not isinstance(measurement, Measurement):
        return "whose job or measurement is missing or cannot be read"
    if job.origin is None or job.study != study:
        return "of another study"
    if left.stopped_file.exists():
        return "that were stopped early"
    if job.origin.storage != origin.storage and _exists(job.origin.storage):
        return f"of the study of that name in {job.origin.storage}"
    if job.origin.identity != origin.identity:
        return "made with other settings of the study"
    if job.origin.data != origin.data:
        return "made on other data"
    return LeftTraining(folder, job, measurement)


def _measured(trials: Iterable[Path], read_known: Callable[[], Collection[Path]]) -> list[Path]:
    """Return the measured trainings' folders in those of trials, except those that are known."""
    found = [training for trial in trials for training in _folders(trial)]
    known = read_known() if found else ()
    unknown = (folder for folder in found if folder not in known)
    return sorted(folder for folder in unknown if RunFolder(folder).measurement_file.is_file())


def _folders(place: Path) -> Iterator[Path]:
    try:
        with os.scandir(place) as entries:
            yield from (Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return


def _exists(storage: str) -> bool:
    return _ON_A_SERVER in storage or Path(storage).exists()
