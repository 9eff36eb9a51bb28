"""Plain SQL on a study's database, by sqlite3 or psycopg: what is checked is not read by what is checked."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any


def rows(storage: str, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a query with `?` for each of `values`; no rows if the tables are not made yet.

    Args:
        storage: path of an SQLite file, or URL of a PostgreSQL server.
        query: the SQL.
        values: its values.
    """
    if "://" not in storage:
        return _of_file(Path(storage), query, values)
    import psycopg

    with psycopg.connect(storage.replace("postgresql+psycopg:", "postgresql:")) as connection:
        try:
            return connection.execute(query.replace("?", "%s"), values).fetchall()
        except psycopg.errors.UndefinedTable:
            return []


def _of_file(path: Path, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
        try:
            return connection.execute(query, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise
