"""What a submission needs that lies in a folder, which not every service of a database may have."""

import os
from pathlib import Path

from paretocaps.errors import LostStorageError, MissingError, StorageError, UnavailableError, UsageError
from paretocaps.service.uploading import UPLOAD
from paretocaps.service.uploading.sets import uploads_folder
from paretocaps.storage.store import Store
from paretocaps.storage.submissions import Submission


def missing(one: Submission, store: Store, folder: Path, data_root: Path | None) -> str:
    """Return what a submission needs that is not here, as a phrase; empty if all of it is.

    A folder that cannot be looked at, as that of a file server that is away, is not here.

    Args:
        one: the submission: a study and a training may need images, an export what was trained.
        store: has its study.
        folder: the service folder.
        data_root: the folder below which the data of submitted studies lie; None for none.

    Raises:
        StorageError: the database cannot be used.
    """
    if one.kind == "export":
        return _missing_network(one, store, folder)
    data = data_of(one, store)
    if data is None:
        return ""
    if os.path.isabs(data):  # a place on somebody's machine, of which the name alone is told
        return "" if os.path.isdir(data) else f"the data {os.path.basename(data)!r} of study {one.study!r}"
    root = uploads_folder(folder) if data.startswith(UPLOAD) else data_root
    here = root is not None and os.path.isdir(root / data.removeprefix(UPLOAD))
    return "" if here else f"the data {data!r:.200}"


def data_of(one: Submission, store: Store) -> str | None:
    """Return the data that a study or a training needs; None where that is no folder.

    They are as submitted, or else the absolute folder of the stored study.
    """
    data = one.options.get("data")
    if data is None and one.options.get("dataset") is None and store.has_study(one.study):
        data = store.study(one.study).spec.get("data")
    return None if data is None else str(data)


def _has_ended(training: int, store: Store) -> bool:
    """Return whether a training has ended, which writes its weights then; one that was removed has."""
    try:
        return store.submission(training).ended is not None
    except MissingError:
        return True


def _missing_network(one: Submission, store: Store, folder: Path) -> str:
    """Return which training, or which weights on another machine, an export needs; empty if it has them."""
    training, trial, seed = (one.options.get(name) for name in ("training", "trial", "seed"))
    if training is not None:
        here = os.path.isdir(folder / "trainings" / str(training)) and _has_ended(int(training), store)
        return "" if here else f"the training {training}"
    if not isinstance(trial, int):
        return ""
    try:
        found = store.trial(one.study, trial).measured
    except (UnavailableError, LostStorageError):
        raise
    except (StorageError, UsageError):  # such as no such trial, with which the export fails
        return ""
    trained = [ran for own, ran in found.items() if seed in (None, own)]
    hosts = [ran.weights_elsewhere for ran in trained if ran.weights_elsewhere is not None]
    if not hosts or any(ran.weights for ran in trained):
        return ""
    return f"the weights of trial {trial}, which are on host {hosts[0]}"
