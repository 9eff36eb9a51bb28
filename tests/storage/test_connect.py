import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine, make_url

from paretocaps.errors import StorageError
from paretocaps.storage.connect import engine_arguments, make_engine, optuna_url, prepare_engine
from paretocaps.storage.store import Store

# imported before the privileges go, which root must drop to meet a read-only file at all
OPEN_AS_NOBODY = """
import os, sys
from paretocaps.errors import StorageError
from paretocaps.storage.store import Store
if os.geteuid() == 0:
    os.setgid(65534), os.setuid(65534)
try:
    with Store.open(sys.argv[1], create=sys.argv[2] == "create") as store:
        print("has", *store.study_names())
        if sys.argv[2] == "write":
            store.create_study("new", {})
except StorageError as error:
    print(error)
"""


@pytest.fixture
def public() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def open_as_nobody(url: str, how: str) -> str:
    command = [sys.executable, "-c", OPEN_AS_NOBODY, url, how]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def test_a_folder_is_no_database(tmp_path):
    with pytest.raises(StorageError, match="is a folder: name a file in it"):
        Store.open(f"sqlite:///{tmp_path}", create=True)


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("tables", [["bookmarks"], ["studies", "rooms"]])
def test_the_database_of_another_program_is_left_as_it_is(tmp_path, create, tables):
    path = tmp_path / "places.db"
    with closing(sqlite3.connect(path)) as connection:
        for table in tables:
            connection.execute(f"CREATE TABLE {table} (x)")
    before = path.read_bytes()
    with pytest.raises(StorageError, match=rf"belongs to another program \(it has the tables {tables[-1]}\)"):
        Store.open(str(path), create=create)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_database_of_ours_may_have_tables_of_the_users_own(url):
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.execute("CREATE TABLE my_notes (x)")
    Store.open(url, create=True).close()


def test_a_new_database_and_its_log_are_their_owners_only(tmp_path):
    path = tmp_path / "new" / "studies" / "x.db"
    with Store.open(str(path), create=True) as store:
        store.create_study("s", {})
        rights = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert rights == {"x.db": 0o600, "x.db-wal": 0o600, "x.db-shm": 0o600}
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, path.parent.parent)} == {0o700}


def test_an_existing_database_keeps_its_rights(url):
    path = Path(url.removeprefix("sqlite:///"))
    path.chmod(0o640)
    Store.open(url, create=True).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_file_that_is_no_database_is_left_alone(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("my notes, not a database")
    with pytest.raises(StorageError, match=r"notes.txt': it is not an SQLite database"):
        Store.open(f"sqlite:///{path}", create=True)
    assert path.read_text() == "my notes, not a database"


def test_reading_a_missing_file_makes_nothing(tmp_path):
    with pytest.raises(StorageError, match=r"there is no file .*run `paretocaps optimize`"):
        Store.open(f"sqlite:///{tmp_path}/studies/x.db", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_file_with_two_names_is_read_and_not_written(url, tmp_path):
    """Under each name SQLite would keep a log of its own, and the file would be damaged."""
    (tmp_path / "link.db").hardlink_to(url.removeprefix("sqlite:///"))
    for name in (url, f"sqlite:///{tmp_path}/link.db"):
        with pytest.raises(
            StorageError, match=r"the file has another name \(a hard link\).*: remove one, or"
        ):
            Store.open(name, create=True)
        with Store.open(name, create=False) as store:
            assert store.has_study("s")
    assert not list(tmp_path.rglob("*-wal"))


def test_creating_makes_the_folder(tmp_path):
    Store.open(f"sqlite:///{tmp_path}/a/b/x.db", create=True).close()
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["x.db"]


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file' cannot be used: (Not a directory|File exists)"):
        Store.open(f"sqlite:///{tmp_path}/file/x.db", create=True)


@pytest.fixture
def database(public, template):
    path = public / "x y#.db"  # what a URI would read as something else
    path.write_bytes(template.read_bytes())
    yield path
    public.chmod(0o755)


def lock_up(path: Path) -> None:
    """Let nobody write the database, nor anything beside it."""
    path.chmod(0o444)
    path.parent.chmod(stat.S_IRUSR | stat.S_IXUSR | stat.S_IROTH | stat.S_IXOTH)


@pytest.mark.slow
def test_a_read_only_database_can_be_read(database):
    lock_up(database)
    url = f"sqlite:///{database}"
    assert open_as_nobody(url, "read") == "has s"
    assert [path.name for path in database.parent.iterdir()] == [database.name]
    assert "it is read-only: make it writable, or copy the file" in open_as_nobody(url, "write")
    assert f"'{database}' is read-only: make it writable" in open_as_nobody(url, "create")


@pytest.mark.slow
@pytest.mark.parametrize("which", ["file", "folder"])
def test_either_may_be_read_only(public, template, which):
    path = public / "x.db"
    path.write_bytes(template.read_bytes())
    path.chmod(0o444 if which == "file" else 0o666)
    public.chmod(0o777 if which == "file" else 0o755)
    assert open_as_nobody(f"sqlite:///{path}", "read") == "has s"
    named = path if which == "file" else public
    assert f"'{named}' is read-only: make it writable" in open_as_nobody(f"sqlite:///{path}", "create")
    assert [path.name for path in public.iterdir()] == ["x.db"]


@pytest.mark.slow
def test_what_a_running_study_wrote_last_is_read_too(database):
    with Store.open(f"sqlite:///{database}", create=False) as store:
        store.create_study("running", {})
        assert database.with_name(database.name + "-wal").stat().st_size > 0
        lock_up(database)
        assert open_as_nobody(f"sqlite:///{database}", "read") == "has s running"


@pytest.mark.slow
def test_a_log_that_cannot_be_read_is_one_line(database):
    log = database.with_name(database.name + "-wal")
    with Store.open(f"sqlite:///{database}", create=False) as store:
        store.create_study("running", {})
        copy = log.read_bytes()
    log.write_bytes(copy)  # as a crash leaves it, and without its index
    lock_up(database)
    answer = open_as_nobody(f"sqlite:///{database}", "read")
    assert "cannot be opened with its log" in answer
    assert "\n" not in answer


@pytest.mark.slow
def test_a_folder_below_a_read_only_one_cannot_be_made(database):
    lock_up(database)
    url = f"sqlite:///{database.parent}/new/x.db"
    assert "new' cannot be used: Permission denied" in open_as_nobody(url, "create")


def test_engines_of_others_get_the_same_settings(tmp_path):
    url = f"sqlite:///{tmp_path}/x.db"
    engine = create_engine(url, **engine_arguments(url))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 0
    assert prepare_engine(engine) is engine
    with engine.connect() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "busy_timeout", "foreign_keys")
        ]
    engine.dispose()
    assert found == ["wal", 30_000, 1]


def test_the_switch_to_the_log_waits_for_a_writer(tmp_path, monkeypatch):
    path = tmp_path / "x.db"
    writer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    writer.execute("CREATE TABLE t (x)")
    writer.execute("BEGIN IMMEDIATE")
    waited = []

    def end_while_it_waits(seconds):
        waited.append(seconds)
        if writer.in_transaction:
            writer.execute("COMMIT")

    own_time = SimpleNamespace(monotonic=time.monotonic, sleep=end_while_it_waits)
    monkeypatch.setattr("paretocaps.storage.connect.time", own_time)
    engine = make_engine(f"sqlite:///{path}", create=False)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    assert waited
    writer.close()
    engine.dispose()


def test_a_relative_file_stays_where_it_was(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    engine = make_engine("sqlite:///x.db", create=True)
    (tmp_path / "elsewhere").mkdir()
    os.chdir(tmp_path / "elsewhere")
    engine.connect().close()
    engine.dispose()
    assert (tmp_path / "x.db").exists()
    assert not (tmp_path / "elsewhere" / "x.db").exists()


def test_optuna_gets_a_url_in_which_nothing_is_filled_in():
    assert optuna_url("studies/x.db") == "sqlite:///studies/x.db"
    assert optuna_url("{a}/x.db").format(SCHEMA_VERSION=1) == str(make_url("sqlite:///{a}/x.db"))


@pytest.mark.postgres
def test_a_server_whose_machine_is_gone_is_noticed_unless_the_url_sets_it_otherwise():
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    own = engine_arguments("postgresql+psycopg://u@h/d")["connect_args"]
    assert own["connect_timeout"] == 5
    other = engine_arguments("postgresql+psycopg://u@h/d?connect_timeout=60")["connect_args"]
    assert other == {name: value for name, value in own.items() if name != "connect_timeout"}
