import pytest

from paretocaps.errors import StorageError
from paretocaps.storage.prior_trials import PriorTrial
from paretocaps.storage.store import Store

TRIALS = [
    PriorTrial("old", 3, {"rate": 0.1, "decoder": "none"}, {"acc": 0.9, "time": 1.5}),
    PriorTrial("old", 7, {"rate": 0.2, "decoder": "full"}, {"acc": 0.8, "time": 2.5}),
]


def test_prior_trials_are_kept_once_and_come_back_by_number(tmp_path):
    check(f"sqlite:///{tmp_path}/test.db")


def test_so_they_are_on_a_server(server):
    server.psql("CREATE DATABASE prior_trials;")
    check(server.get_uri(database="prior_trials").replace("postgresql:", "postgresql+psycopg:"))


def check(url):
    with Store.open(url, create=True) as store:
        store.create_study("new", {})
        assert store.prior_trials("new") == store.prior_trials("missing") == []
        store.keep_prior_trials("new", TRIALS[::-1])
        store.keep_prior_trials("new", [PriorTrial("other", 1, {}, {})])
        assert store.prior_trials("new") == TRIALS
        with pytest.raises(StorageError, match="no study 'missing'"):
            store.keep_prior_trials("missing", TRIALS)
