import sqlite3

import pytest

from paretocaps.errors import StorageError
from paretocaps.storage.store import Store
from paretocaps.web.optuna_side import open_studies


def test_it_reads_optunas_studies(optuna_side):
    assert [study.study_name for study in optuna_side.get_all_studies()] == ["demo", "other"]


def test_a_missing_file_is_not_made(tmp_path):
    path = tmp_path / "missing.db"
    with pytest.raises(StorageError, match="there is no file"):
        open_studies(f"sqlite:///{path}")
    assert not path.exists()


def test_a_database_without_studies_is_left_as_it_is(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (a INTEGER)")
    connection.close()
    with pytest.raises(StorageError, match="belongs to another program"):
        open_studies(f"sqlite:///{path}")
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]
    connection.close()


def test_our_tables_without_optunas_have_no_studies(tmp_path):
    url = f"sqlite:///{tmp_path / 'ours.db'}"
    Store.open(url, create=True).close()
    storage = open_studies(url)  # as of a service in which no study has begun
    assert storage.get_all_studies() == []
    storage.remove_session()
    storage.engine.dispose()


def test_what_is_no_database_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be taken for one", encoding="utf-8")
    with pytest.raises(StorageError, match="not an SQLite database"):
        open_studies(f"sqlite:///{path}")
