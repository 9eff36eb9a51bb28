import inspect

import pytest
from filled_study import FinishedTrial, fill_study

from paretocaps.errors import StorageError
from paretocaps.storage.store import Store


def test_a_store_comes_back_after_closing(store, finish, url):
    finish(0, acc=0.75)
    store.fix_corners("s", (0.5, 2.0), (1.0, 0.0))
    store.close()
    with Store.open(url, create=False) as again:
        assert again.table("s", ["acc"]).values.tolist() == [[0.75]]
        assert again.study("s").reference_point == (0.5, 2.0)


def test_creating_where_there_is_one_keeps_it(store, finish, url):
    finish(0)
    with Store.open(url, create=True) as again:
        assert again.counts("s")["finished"] == 1


def test_closed_by_its_context_leaves_one_file(url, tmp_path):
    with Store.open(url, create=False) as opened:
        opened.create_study("x", {})
    assert [path.name for path in (tmp_path / "studies").iterdir()] == ["paretocaps.db"]


def test_a_refused_database_is_left_as_it_was(tmp_path):
    path = tmp_path / "empty.db"
    path.touch()
    with pytest.raises(StorageError, match="holds no studies"):
        Store.open(f"sqlite:///{path}", create=False)
    assert sorted(found.name for found in tmp_path.iterdir()) == ["empty.db"]


def test_artifacts_lie_beside_the_database(store, tmp_path):
    assert store.artifacts == tmp_path / "studies" / "paretocaps-artifacts"
    assert not store.artifacts.exists()


def test_a_study_of_many_trials_is_read_whole(store, measure):
    one = measure(epochs=0)
    fill_study(store, "s", [FinishedTrial(number, {"n": number}, {0: one}) for number in range(2000)])
    assert len(store.table("s", ["acc", "time", "params"])) == 2000
    assert len(store.table("s", ["acc"], range(2000))) == 2000
    assert len(store.trials("s")) == 2000


def test_an_operation_is_described_where_it_is_a_function_of_a_connection():
    from paretocaps.storage.attempts import start_attempt

    assert Store.start_attempt.__doc__ == start_attempt.__doc__
    assert Store.start_attempt.__name__ == "start_attempt"
    store = Store.__new__(Store)
    assert list(inspect.signature(store.start_attempt).parameters) == ["study", "number", "seed", "folder"]
