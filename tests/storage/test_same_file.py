import os

import pytest
from sqlalchemy import create_engine

from paretocaps.errors import LostStorageError
from paretocaps.storage.same_file import SameFile


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
    file = SameFile(path, "a.db")
    path.rename(path.with_name("b.db"))
    with pytest.raises(LostStorageError, match=r"^storage 'a.db': its file was removed .*taken in$"):
        file.check()
    path.write_bytes(b"")
    with pytest.raises(LostStorageError, match=r"^storage 'a.db': another file took .*taken in$"):
        file.check()


def test_no_new_connection_makes_an_empty_file(path):
    engine = create_engine(f"sqlite:///{path}")
    SameFile(path, "a.db").guard(engine)
    engine.connect().close()
    path.unlink()
    engine.dispose()
    with pytest.raises(LostStorageError):
        engine.connect()
    assert not path.exists()
