"""The files of a study that can be taken from the service: kept weights, trained networks and exports."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.errors import MissingError, did_you_mean
from paretocaps.service.managing import delete
from paretocaps.service.opened import Storage, opened

if TYPE_CHECKING:
    from paretocaps.storage.store import Store
    from paretocaps.storage.submissions import Submission


@dataclass(frozen=True)
class StudyFile:
    """A file that can be taken.

    Attributes:
        name: its name among those of its study.
        kind: "weights" of a trial or of a submitted training, or an "export", which is a zip file.
        trial: the number of the trial.
        submission: the submission that made it; None for the weights that the study kept.
        bytes: its size.
        path: where it lies.
    """

    name: str
    kind: Literal["weights", "export"]
    trial: int | None
    submission: int | None
    bytes: int
    path: Path


def study_files(study: str, folder: Path, storage: Storage = DEFAULT_STORAGE) -> list[StudyFile]:
    """Return the files of a study that lie on this machine: exports, submitted trainings, kept weights.

    Args:
        study: name of the study.
        folder: the service folder.
        storage: path of an SQLite file, database URL or open store.

    Raises:
        StorageError: there is no such database or study.
    """
    with opened(storage) as store:
        store.study(study)
        return [*files_of(store.submissions(study), folder), *_kept(store, study)]


def study_file(study: str, name: str, folder: Path, storage: Storage = DEFAULT_STORAGE) -> StudyFile:
    """Return the file of a study that is called `name`.

    Raises:
        StorageError: there is no such database or study.
        MissingError: there is no such file.
    """
    found = {one.name: one for one in study_files(study, folder, storage)}
    if name not in found:
        raise MissingError(
            f"study {study!r} has no file {name!r}{did_you_mean(name, found)} (known:"
            f" {', '.join(found) or 'none'})"
        )
    return found[name]


def delete_with_files(study: str, folder: Path, storage: Storage = DEFAULT_STORAGE) -> None:
    """Delete a stored study, with what the service made of it: exports, trainings and their logs.

    Raises:
        StorageError: there is no such database or study.
        UsageError: a driver runs the study.
    """
    with opened(storage) as store:
        numbers = [one.id for one in store.submissions(study)]
        delete(study, store)
    for number in numbers:
        _remove_files(number, folder)


def remove_submission(number: int, folder: Path, storage: Storage = DEFAULT_STORAGE) -> None:
    """Remove a submission that ended before there was a study, with its log.

    Raises:
        StorageError: there is no such database.
        MissingError: there is no such submission.
        StateError: it has not ended, or there is its study, with which it is deleted.
    """
    with opened(storage) as store:
        store.remove_submission(number)
    _remove_files(number, folder)


def _remove_files(number: int, folder: Path) -> None:
    for kind in ("exports", "trainings"):
        shutil.rmtree(folder / kind / str(number), ignore_errors=True)
    (folder / "logs" / f"submission-{number}.log").unlink(missing_ok=True)


def files_of(submissions: "Iterable[Submission]", folder: Path) -> Iterator[StudyFile]:
    """Yield the files on this machine that submissions made, those of the latest first.

    Args:
        submissions: the submissions.
        folder: the service folder.
    """
    root = folder.resolve()
    for one in sorted(submissions, key=lambda one: -one.id):
        trial, path = one.result.get("trial", one.options.get("trial")), None
        if one.kind == "export" and one.result.get("file"):
            path, name = root / one.result["file"], f"export-{one.id}.zip"
        elif one.kind == "training" and one.result.get("weights"):
            path = root / one.result["folder"] / one.result["weights"]
            name = f"training-{one.id}{path.suffix}"
        if path is not None and path.is_file() and path.resolve().is_relative_to(root):
            kind: Literal["weights", "export"] = "export" if one.kind == "export" else "weights"
            yield StudyFile(name, kind, trial, one.id, path.stat().st_size, path)


def _kept(store: "Store", study: str) -> Iterator[StudyFile]:
    for one in store.weights_kept(study):
        if one.path.is_file():
            key = one.key
            name = f"trial-{key.trial}-seed-{key.seed}-attempt-{key.attempt}{one.path.suffix}"
            yield StudyFile(name, "weights", key.trial, None, one.path.stat().st_size, one.path)
