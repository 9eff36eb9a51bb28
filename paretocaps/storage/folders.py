"""Finds the folders of attempts on this machine.

What a database says about them is not trusted, because somebody else may have written it: only files of our
own trainings are read, moved or deleted.
"""

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Row

from paretocaps.domain.job import Origin
from paretocaps.errors import StorageError
from paretocaps.host import host_name
from paretocaps.run_folder import RunFolder


class Artifacts(NamedTuple):
    """The absolute folders for the files of trainings.

    Attributes:
        home: the one beside the database, or a server's in the working directory; stored relative paths are
            in it.
        new: the one for new trainings: `home`, or the one that the user has named.
        beside: whether `home` lies beside the database, so that both may be moved together.
        origin: what the trainings of the study that is run say about it; None where none is run.
    """

    home: Path
    new: Path
    beside: bool = True
    origin: Origin | None = None

    def of(self, origin: Origin) -> "Artifacts":
        """Return the same folders, for a study whose trainings say `origin`."""
        return Artifacts(self.home, self.new, self.beside, origin)

    def stored(self, folder: Path) -> str:
        """Return a folder as it is stored: relative where it may be moved with the database."""
        folder = Path(os.path.abspath(folder))
        inside = self.beside and folder.is_relative_to(self.home)
        return (folder.relative_to(self.home) if inside else folder).as_posix()

    def path(self, stored: str) -> Path:
        """Return the absolute path of a folder as it is stored.

        Raises:
            StorageError: it leaves `home`; no version of paretocaps stored such a path.
        """
        if ".." in Path(stored).parts or "\0" in stored:
            raise StorageError(
                f"the folder {stored!r} of a training leads out of {str(self.home)!r}: the database was"
                " altered, so its files are not used"
            )
        return self.home / stored

    def holds(self, path: Path) -> bool:
        """Return whether `path` is in one of the folders, also when its links are followed."""
        real = Path(os.path.realpath(path))
        return any(real.is_relative_to(_real(root)) for root in (self.home, self.new))


def folder_here(artifacts: Artifacts, study: str, row: Row[Any]) -> Path | None:
    """Return the folder of an attempt on this machine; None if there is none that is certainly its own.

    One in the artifact folders is, if the attempt was made on this machine, or before hosts were recorded.
    Any other has to have the job of the same training: a folder of that name may be of another database, with
    a study of that name that has other settings.

    Args:
        artifacts: the artifact folders.
        study: the name of the study.
        row: has `folder`, `host` and `seed` of the attempt, and `choices` of its trial.

    Raises:
        StorageError: the folder leads out of the artifact folder.
    """
    if row.folder is None:
        return None
    path = artifacts.path(row.folder)
    if row.host in (None, host_name()) and artifacts.holds(path):
        return path
    job = RunFolder(path).job()
    if job is None or (job.study, job.seed, job.choices) != (study, row.seed, json.loads(row.choices)):
        return None
    origin = artifacts.origin
    return path if origin is None or (job.origin is not None and job.origin.is_like(origin)) else None


def file_in(folder: Path | None, name: str | None) -> Path | None:
    """Return the path of a file in a folder, which may be missing; None if the name is not of such a file."""
    if folder is None or not name or "\0" in name:
        return None
    path, real = folder / name, Path(os.path.realpath(folder / name))
    return path if real.is_relative_to(os.path.realpath(folder)) and not real.is_dir() else None


@lru_cache(maxsize=16)
def _real(root: Path) -> str:
    return os.path.realpath(root)
