"""Names the folders of a study's files: one next to the database, and in it one per attempt."""

import hashlib
import re
from pathlib import Path

from sqlalchemy import Connection

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.storage.address import parse_url, sqlite_file


def artifacts_folder(url: str) -> Path:
    """Return the folder for the weights and arrays of the database at `url`; it may not exist yet.

    For `studies/paretocaps.db` it is `studies/paretocaps-artifacts`; for a database on a server it is
    `studies/<database>-artifacts` in the working directory.

    Raises:
        StorageError: the URL cannot be used.
    """
    parsed = parse_url(url)
    path = sqlite_file(parsed)
    if path is None:
        return Path("studies") / f"{safe_name(parsed.database or 'paretocaps')}-artifacts"
    return path.with_name(f"{path.name.removesuffix('.db')}-artifacts")


def artifacts_of(connection: Connection) -> Path:
    """Return the absolute path of the artifact folder of the database behind a `Database`'s connection."""
    folder: Path = connection.get_execution_options()["artifacts"]
    return folder


def attempt_name(key: AttemptKey) -> Path:
    """Return the folder of an attempt, relative to the artifact folder."""
    return Path(safe_name(key.study), f"trial-{key.trial:05d}", f"seed-{key.seed}-attempt-{key.attempt}")


def safe_name(name: str) -> str:
    """Return `name` as a file name that every system allows; different names give different file names.

    A name of lower-case letters, digits, `-`, `_` and `.` stays as it is. Any other is followed by a
    digest, because characters are replaced and some file systems ignore the case.
    """
    plain = re.sub(r"[^a-z0-9._-]", "_", name.lower())[:80].lstrip(".")
    if plain == name:
        return name
    return f"{plain or 'study'}-{hashlib.sha256(name.encode()).hexdigest()[:10]}"
