import os
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from paretocaps.errors import LostStorageError
from paretocaps.storage.same_file import SameFile
from paretocaps.storage.store import Store


@pytest.fixture
def path(tmp_path):
    (tmp_path / "a.db").write_bytes(b"")
    return tmp_path / "a.db"


def test_the_same_file_may_be_written(path):
    file = SameFile(path, "a.db")
    path.write_bytes(b"grown")
    os.link(path, path.with_name("b.db"))
    file.check()


def test_a_file_that_was_removed_or_replaced(path):
    removed, replaced = SameFile(path, "a.db"), SameFile(path, "a.db")
    path.rename(path.with_name("b.db"))
    with pytest.raises(LostStorageError, match=r"^storage 'a.db': its file was removed .*taken in$"):
        removed.check()
    path.write_bytes(b"")
    with pytest.raises(LostStorageError, match=r"^storage 'a.db': another file took .*taken in$"):
        replaced.check()
    with pytest.raises(LostStorageError, match="its file was removed"):  # what was lost stays lost
        removed.check()


def test_the_log_of_another_process_at_the_same_path_is_left(path):
    """The last connection that is closed would remove it, as it is found by its path."""
    first = sqlite3.connect(path)
    first.execute("PRAGMA journal_mode = WAL")
    first.execute("CREATE TABLE t (id INTEGER)")
    file = SameFile(path, "a.db")
    file.hold()
    path.unlink()
    log = path.with_name("a.db-wal")
    log.unlink()
    log.write_bytes(b"another's")
    with pytest.raises(LostStorageError):
        file.check()
    first.close()
    file.close()
    assert log.read_bytes() == b"another's"


def overwritten(url, change):
    with Store.open(url, create=True) as store:
        store.create_study("s", {})
    with Store.open(url, create=True) as store:
        path = Path(url.removeprefix("sqlite:///"))
        content = path.read_bytes()
        path.write_bytes(change(content))
        assert path.stat().st_size == len(content)
        with pytest.raises(LostStorageError) as caught:
            store.fix_corners("s", (0.1, 1.0), (1.0, 0.0))
        with pytest.raises(LostStorageError):
            store.verify()
    return str(caught.value)


def test_a_file_that_was_overwritten_in_place_is_noticed_before_the_next_write(tmp_path):
    def half(content):
        return content[: len(content) // 8] + bytes(len(content) - len(content) // 8)

    assert "it is damaged" in overwritten(f"sqlite:///{tmp_path}/a.db", half)


def test_a_file_that_lost_its_latest_rows_is_noticed_and_one_that_goes_on_is_not(path):
    file = SameFile(path, "a.db")
    assert file.fits((3, None), (4, 1), (4, 2))  # others wrote meanwhile
    assert not file.fits((3, 1), (2, 1), (3, 1))
    assert not SameFile(path, "a.db").fits((3, 1), (9, 1), (3, 1))
    with pytest.raises(LostStorageError, match="its file was overwritten"):
        raise file.overwritten()
    with pytest.raises(LostStorageError):
        file.check()


def test_a_study_that_is_deleted_while_the_content_is_checked_is_no_loss(tmp_path, monkeypatch):
    url, inspect, looks = f"sqlite:///{tmp_path}/a.db", SameFile.inspect, []

    def and_meanwhile(file, *, whole=False):
        found = inspect(file, whole=whole)
        if not looks:
            with Store.open(url, create=False) as other:
                other.delete_study("b")
        looks.append(found)
        return found

    with Store.open(url, create=True) as store:
        for name in ("a", "b"):
            store.create_study(name, {})
            store.start_trial(name, 0, {})
            store.start_attempt(name, 0, 0)
        monkeypatch.setattr(SameFile, "inspect", and_meanwhile)
        store.verify()
        assert looks == [(2, None), (1, None)]
        store.set_spec("a", {"trials": 2})


def test_nobody_waits_while_the_content_is_checked(tmp_path):
    url = f"sqlite:///{tmp_path}/a.db"
    with Store.open(url, create=True) as store:
        store.create_study("s", {})
        with sqlite3.connect(tmp_path / "a.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            assert store.file.inspect(whole=True) == (None, None)
            other.execute("ROLLBACK")
        other.close()


def test_an_index_that_lacks_a_row_is_noticed_at_the_end(tmp_path):
    url, path = f"sqlite:///{tmp_path}/a.db", tmp_path / "a.db"
    with Store.open(url, create=True) as store:
        store.create_study("s", {})
    with sqlite3.connect(path) as other:
        schema = "SELECT rootpage FROM sqlite_master WHERE name = 'paretocaps_studies'"
        (page,) = other.execute(schema).fetchone()
        (size,) = other.execute("PRAGMA page_size").fetchone()
    other.close()
    with Store.open(url, create=True) as store:
        content = bytearray(path.read_bytes())
        content[(page - 1) * size + 3 : (page - 1) * size + 5] = b"\0\0"  # a page of the table without rows
        content[(page - 1) * size + 5 : (page - 1) * size + 7] = size.to_bytes(2, "big")
        path.write_bytes(content)
        with pytest.raises(LostStorageError, match="it is damaged"):
            store.verify()


def test_no_new_connection_makes_an_empty_file(path):
    engine = create_engine(f"sqlite:///{path}")
    SameFile(path, "a.db").guard(engine)
    engine.connect().close()
    path.unlink()
    engine.dispose()
    with pytest.raises(LostStorageError):
        engine.connect()
    assert not path.exists()
