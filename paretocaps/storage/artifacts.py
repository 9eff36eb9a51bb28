"""Names the folders of a study's files: one next to the database, and in it one per attempt."""

import hashlib
import re
from contextlib import suppress
from itertools import chain, count
from pathlib import Path

from sqlalchemy import Connection

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.storage.address import parse_url, sqlite_file
from paretocaps.storage.folders import Artifacts
from paretocaps.writing import private_folder


def artifacts_folder(url: str) -> Path:
    """Return the folder for the weights and logs of the database at `url` (see `folder_beside`)."""
    return folder_beside(url, "artifacts")


def folder_beside(url: str, kind: str) -> Path:
    """Return the folder for files of a `kind` beside the database at `url`; it may not exist yet.

    For `studies/paretocaps.db` it is `studies/paretocaps-<kind>`; for a database on a server it is
    `studies/<database>-<kind>` in the working directory. Of a symbolic link it is beside the file that it
    leads to, unless there is only one beside the link, which earlier versions made.

    Raises:
        StorageError: the URL cannot be used.
    """
    parsed = parse_url(url)
    path = sqlite_file(parsed)
    if path is None:
        return Path("studies") / f"{safe_name(parsed.database or 'paretocaps')}-{kind}"
    folder, resolved = _beside(path, kind), _beside(path.resolve(), kind)
    return resolved if path.is_symlink() and (resolved.exists() or not folder.exists()) else folder


def _beside(path: Path, kind: str) -> Path:
    return path.with_name(f"{path.name.removesuffix('.db')}-{kind}")


def artifacts_of(connection: Connection) -> Artifacts:
    """Return the artifact folders of the database behind a `Database`'s connection."""
    artifacts: Artifacts = connection.get_execution_options()["artifacts"]
    return artifacts


def study_folder(artifacts: Path, study: str) -> Path:
    """Return the folder of a study's trainings in the artifact folder."""
    return artifacts / safe_name(study)


def attempt_name(key: AttemptKey) -> Path:
    """Return the folder of an attempt, relative to the artifact folder."""
    return Path(safe_name(key.study), f"trial-{key.trial:05d}", f"seed-{key.seed}-attempt-{key.attempt}")


def new_folder(path: Path) -> Path:
    """Make the folder `path`, for its owner only; return it, or another if there is one of that name.

    A folder of that name is of another database: one that was lost, or one that shares the artifact folder.
    If no folder can be made, `path` is returned: whoever writes there says why.
    """
    others = (path.with_name(f"{path.name}.{number}") for number in count(2))
    with suppress(OSError):
        private_folder(path.parent)
        for name in chain([path], others):
            with suppress(FileExistsError):
                name.mkdir(mode=0o700)
                return name
    return path


def safe_name(name: str) -> str:
    """Return `name` as a file name that every system allows; different names give different file names.

    A name of lower-case letters, digits, `-`, `_` and `.` stays as it is. Any other is followed by a
    digest, because characters are replaced and some file systems ignore the case.
    """
    plain = re.sub(r"[^a-z0-9._-]", "_", name.lower())[:80].lstrip(".")
    if plain == name:
        return name
    return f"{plain or 'study'}-{hashlib.sha256(name.encode()).hexdigest()[:10]}"
