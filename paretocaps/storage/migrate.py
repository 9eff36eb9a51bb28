"""Migrates a database's `paretocaps_*` tables to the version that this package writes."""

from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table, text

from paretocaps.errors import NoStudiesError, StorageError
from paretocaps.storage.connect import LOCK_TIMEOUT
from paretocaps.storage.database import Database
from paretocaps.storage.schema import VERSION_TABLE

HEAD = "0010"
"""The version of the tables in `schema.py`, and of the newest file in migrations/versions."""

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x70617265746F  # any number that only we use: "pareto"


def ensure_schema(database: Database, *, create: bool) -> None:
    """Migrate `database` to `HEAD`; with `create`, make the tables if there are none.

    An up-to-date database costs one query; alembic is imported only if a migration is needed.

    Raises:
        StorageError: there are no tables and `create` is not set, or a newer paretocaps made them.
    """
    version = database.read(stored_version)
    if version == HEAD:
        return
    if version is None and not create:
        raise NoStudiesError(f"storage {database.name!r} holds no studies: run `paretocaps optimize` first")
    database.write(lambda connection: _upgrade(connection, database.name))


def stored_version(connection: Connection) -> str | None:
    """Return the version of the tables in the database, or None if there are none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version: str | None = connection.scalar(select(column("version_num")).select_from(table(VERSION_TABLE)))
    return version


def _upgrade(connection: Connection, name: str) -> None:
    # read the version again under the write lock: another process may have migrated meanwhile
    if connection.dialect.name == "postgresql":
        if connection.scalar(text("SHOW lock_timeout")) == LOCK_TIMEOUT:  # the other one may have much to do
            connection.execute(text("SET LOCAL lock_timeout = '10min'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    version = stored_version(connection)
    if version == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    if version is not None and version not in known:
        raise StorageError(
            f"storage {name!r} was written by a newer paretocaps (its tables have version {version!r},"
            f" this one knows up to {HEAD!r}): upgrade paretocaps, or name another --storage"
        )
    command.upgrade(config, "head")
