"""Lists, renames, copies and deletes whole studies."""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocaps.domain.progress import OnProgress, unheard
from paretocaps.domain.study_spec import DEFAULT_STORAGE, StudySpec
from paretocaps.domain.wording import counted
from paretocaps.errors import StateError, StorageError, of_disk
from paretocaps.service.opened import Storage, opened
from paretocaps.service.overview import front_size, state_of
from paretocaps.service.running import Interrupted
from paretocaps.uninterrupted import uninterrupted

if TYPE_CHECKING:
    from paretocaps.search.driver import Driver
    from paretocaps.storage.records import AttemptRecord
    from paretocaps.storage.standings import Standing
    from paretocaps.storage.store import Store

_AGAIN = "delete it, and copy {!r} again"
_POLL = 0.5  # s between two looks at the other drivers of a study


@dataclass(frozen=True)
class Extent:
    """What a study consists of: its trials, those of them with weights, and the bytes of its files here.

    `elsewhere` is the number of folders that lie outside of the database's own, which `delete` leaves.
    """

    trials: int
    with_weights: int
    bytes: int
    elsewhere: int = 0


def studies(storage: Storage = DEFAULT_STORAGE) -> list[dict[str, Any]]:
    """Return one row per stored study, oldest first.

    A row has the study's name, time of creation, objectives, number of trials by state, and

    - `wanted`: the number of trials that it shall have, and `state`: "running" while a driver runs it,
      "complete" with so many finished and stopped trials, else "incomplete";
    - `data`: its images, in words;
    - `front`: the number of members of its front within its bounds, and `hypervolume`, as a share; None where
      it has none, or several devices whose times do not compare;
    - `bytes`: the size of its files on this machine, such as weights.

    Raises:
        StorageError: there is no such database.
    """
    with opened(storage) as store:
        rows = (_row(store, one) for one in reversed(store.standings()))
        return [row for row in rows if row is not None]


def _row(store: "Store", one: "Standing") -> dict[str, Any] | None:
    """Return the row of a study; None if it was deleted meanwhile."""
    front, wanted = front_size(store, one.name), one.spec.get("trials")
    try:
        folders = store.known_folders(one.name)
    except StorageError:
        if store.has_study(one.name):
            raise
        return None
    return {
        "study": one.name,
        "created": one.created.isoformat(timespec="seconds"),
        "objectives": ",".join(one.spec.get("objectives", ())),
        **{str(state): count for state, count in one.trials.items()},
        "wanted": wanted,
        "state": state_of(one, wanted is not None and one.ended >= wanted),
        "data": _data(one.spec),
        "front": None if front is None else front.members,
        "hypervolume": None if front is None else front.hypervolume,
        "bytes": _bytes(folders),
    }


def extent(study: str, storage: str = DEFAULT_STORAGE) -> Extent:
    """Return what a stored study consists of.

    Raises:
        StorageError: there is no such database or study.
    """
    from paretocaps.storage.store import Store

    with Store.open(storage, create=False) as store:
        trials = store.trials(study)
        kept = sum(any(one.weights for one in trial.attempts) for trial in trials)
        folders = store.known_folders(study)
        own = {folder for folder in folders if store.holds(folder)}
        elsewhere = sum(folder.exists() for folder in folders - own)
        return Extent(len(trials), kept, _bytes(own), elsewhere)


def rename(
    old: str, new: str, storage: str = DEFAULT_STORAGE, notice: Callable[[str], None] = unheard
) -> None:
    """Give a stored study another name; its files stay where they are.

    Args:
        old: its name.
        new: the other name.
        storage: path of an SQLite file, or database URL.
        notice: receives a line where a driver may still run the study.

    Raises:
        StorageError: there is no such database or study, or there is a study called `new`.
        UsageError: the name is not allowed, or a driver runs the study.
        Interrupted: Ctrl-C came while it was renamed.
    """
    from paretocaps.run_folder import RunFolder
    from paretocaps.storage.store import Store

    _check_name(new)
    renamed = False
    try:
        with (
            Store.open(storage, create=False) as store,
            _alone(store, old, notice) as driver,
            uninterrupted(),  # it could not be repeated
        ):
            driver.store.rename_study(old, new)
            renamed = True
            for folder in store.known_folders(new):
                # other machines know the files of a study by its name in their job
                job = RunFolder(folder).job()
                if job is not None and job.study == old:
                    with suppress(OSError):
                        RunFolder(folder).write_job(job.model_copy(update={"study": new}))
    except KeyboardInterrupt:
        if not renamed:
            raise
        raise Interrupted(f"interrupted, after study {old!r} was renamed: it is called {new!r} now") from None


def copy(study: str, new: str, storage: str = DEFAULT_STORAGE, on_progress: OnProgress = unheard) -> int:
    """Copy a stored study under another name, with the kept weights and checkpoints; return its trials.

    What trains in the original meanwhile is a failed trial of the copy.

    Args:
        study: the name of the study.
        new: the name of the copy.
        storage: path of an SQLite file, or database URL.
        on_progress: receives how many trainings' files are copied.

    Raises:
        StorageError: there is no such database or study, or there is a study called `new`.
        UsageError: the name is not allowed.
        Interrupted: Ctrl-C came before all weights were copied.
    """
    from paretocaps.storage.store import Store

    _check_name(new)
    with Store.open(storage, create=False) as store:
        had = store.has_study(new)
        try:
            store.copy_study(study, new)
            # only now, as the study may go on: the files of all that the copy has, and of nothing else
            _copy_weights(store, study, new, on_progress)
        except KeyboardInterrupt:
            if had or not store.has_study(new):
                raise
            lacks = f"study {new!r} has all trials, but not all of their weights"
            raise Interrupted(f"interrupted: {lacks}: {_AGAIN.format(study)}") from None
        return sum(store.counts(new).values())


def delete(study: str, storage: Storage = DEFAULT_STORAGE, notice: Callable[[str], None] = unheard) -> None:
    """Delete a stored study, with its trials and its files in the folder beside the database.

    Files in another folder (`artifacts`) stay.

    Raises:
        StorageError: there is no such database or study.
        UsageError: a driver runs the study.
    """
    with opened(storage) as store, _alone(store, study, notice) as driver:
        folders = [one.folder for trial in store.trials(study) for one in trial.attempts if one.folder]
        # files first: where this is cut off, the same command deletes the rest
        for folder in folders:
            if store.holds(folder):
                shutil.rmtree(folder, ignore_errors=True)
                for parent in folder.parents[:2]:  # of its trial and its study
                    with suppress(OSError):
                        parent.rmdir()
        driver.store.delete_study(study)


def _copy_weights(store: "Store", study: str, new: str, on_progress: OnProgress) -> None:
    """Copy the kept weights and checkpoints of a study to its copy.

    Raises:
        StorageError: they cannot be read or written.
    """
    again = _AGAIN.format(study)
    try:
        copied = {one.key: one.state for trial in store.trials(new) for one in trial.attempts}
        attempts = [one for trial in store.trials(study) for one in trial.attempts]
    except StorageError as error:
        raise StorageError(
            f"study {new!r} has all trials, but no weights were copied: {error}; {again}"
        ) from None
    kept = [
        one for one in attempts if _has_files(one) and copied.get(replace(one.key, study=new)) == one.state
    ]
    for done, attempt in enumerate(kept):
        on_progress("copying weights", done, len(kept))
        try:
            _copy_files(store, attempt, new)
        except (OSError, _DiskError) as error:
            if why := _unwritten(error):
                lacking = counted(len(kept) - done, "training")
                raise StorageError(
                    f"study {new!r} has all trials, but the weights of {lacking} were"
                    f" not copied: {why}; {again}"
                ) from None
            # else the original has lost it meanwhile


def _data(spec: Mapping[str, Any]) -> str:
    with suppress(ValueError):
        return str(StudySpec.model_validate(spec).data_spec)
    return ""


def _bytes(folders: Iterable[Path]) -> int:
    found = 0
    for folder in folders:
        with suppress(OSError):
            found += sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return found


def _check_name(name: str) -> None:
    from paretocaps.domain.study_file import resolve_spec

    resolve_spec({"study": name})


@contextmanager
def _alone(store: "Store", study: str, notice: Callable[[str], None]) -> "Iterator[Driver]":
    """Be the only driver of a study inside a `with` block.

    Raises:
        StateError: another driver gives a sign of life.
    """
    from paretocaps.search.driver import Driver

    beats: dict[str, int] = {}
    with Driver(store, study) as driver:
        if driver.others:
            notice("looking whether the driver of the study still runs, for half a minute at most")
        while driver.others:
            for other in driver.others.values():
                if beats.setdefault(other.token, other.beat) != other.beat:
                    raise StateError(
                        f"{other.process} runs study {study!r}: end it first, or wait for its end"
                    )
            time.sleep(_POLL)
        yield driver


def _has_files(attempt: "AttemptRecord") -> bool:
    return attempt.weights is not None or (attempt.state == "stopped" and attempt.folder is not None)


class _DiskError(Exception):
    """A file cannot be written, such as on a full disk: one line that names it."""


def _unwritten(error: OSError | _DiskError) -> str:
    """Return why a file cannot be written; empty where one that was to be copied is gone."""
    if isinstance(error, _DiskError | PermissionError):
        return str(error)
    return of_disk(error)


def _copied(source: str, target: str) -> str:
    """Copy a file; a full disk ends the whole copy, where `copytree` would go on with the next file."""
    try:
        return shutil.copy2(source, target)
    except OSError as error:
        if why := _unwritten(error):
            raise _DiskError(why) from None
        raise


def _copy_files(store: "Store", attempt: "AttemptRecord", study: str) -> None:
    """Copy the files of an attempt for the study of that name."""
    from paretocaps.run_folder import RunFolder
    from paretocaps.storage.artifacts import attempt_name, new_folder

    assert attempt.folder is not None
    key = replace(attempt.key, study=study)
    target = new_folder(store.artifacts / attempt_name(key))
    shutil.copytree(attempt.folder, target, dirs_exist_ok=True, copy_function=_copied)
    job = RunFolder(target).job()
    if job is not None:
        RunFolder(target).write_job(job.model_copy(update={"study": study, "folder": target}))
    store.set_folder(key, target, None if attempt.weights is None else attempt.weights.name)
