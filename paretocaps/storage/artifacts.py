"""Where a study's files lie: a folder beside the database, one inside it for each attempt."""

import hashlib
import re
from pathlib import Path

from sqlalchemy import Connection

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.storage.connect import parse_url, sqlite_file


def artifacts_folder(url: str) -> Path:
    """Return the folder for the weights and arrays of the database at `url`; it is not made.

    `studies/paretocaps.db` has `studies/paretocaps-artifacts` beside it; a database on a server has
    `studies/<database>-artifacts` under the working directory.

    Raises:
        StorageError: the URL is unusable.
    """
    parsed = parse_url(url)
    path = sqlite_file(parsed)
    if path is None:
        return Path("studies") / f"{safe_name(parsed.database or 'paretocaps')}-artifacts"
    return path.with_name(f"{path.name.removesuffix('.db')}-artifacts")


def artifacts_of(connection: Connection) -> Path:
    """Return the artifact folder of the database that a `Database` is connected to, absolute."""
    folder: Path = connection.get_execution_options()["artifacts"]
    return folder


def attempt_name(key: AttemptKey) -> Path:
    """Return the folder of an attempt, relative to the artifact folder."""
    return Path(safe_name(key.study), f"trial-{key.trial:05d}", f"seed-{key.seed}-attempt-{key.attempt}")


def safe_name(name: str) -> str:
    """Return `name` as a file name that every system takes, another one for each name.

    A name of lower-case letters, digits, `-`, `_` and `.` stays as it is; any other gets a digest
    behind it, also because some file systems do not tell upper from lower case.
    """
    plain = re.sub(r"[^a-z0-9._-]", "_", name.lower())[:80].lstrip(".")
    if plain == name:
        return name
    return f"{plain or 'study'}-{hashlib.sha256(name.encode()).hexdigest()[:10]}"
