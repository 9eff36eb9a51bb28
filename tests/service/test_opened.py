import pytest

from paretocaps.errors import StorageError
from paretocaps.service.opened import opened
from paretocaps.storage.store import Store


def test_a_store_that_the_caller_opened_stays_open(tmp_path):
    url = f"sqlite:///{tmp_path}/x.db"
    with opened(url, create=True) as store:
        assert store.study_names() == []
    with Store.open(url, create=False) as own:
        with opened(own) as store:
            assert store is own
        assert own.study_names() == []


def test_a_database_is_made_only_where_that_is_asked(tmp_path):
    with pytest.raises(StorageError), opened(f"sqlite:///{tmp_path}/y.db"):
        pass
