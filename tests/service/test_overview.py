import pytest

from paretocaps import service
from paretocaps.errors import StorageError, UnavailableError
from paretocaps.service import fronts
from paretocaps.service.overview import Overview
from paretocaps.storage.store import Store


def test_a_line_says_what_the_list_of_studies_does(storage):
    (line,) = Overview(storage, seconds=60.0).lines()
    (row,) = service.studies(storage)
    assert (line.name, line.state, line.data) == (row["study"], row["state"], row["data"])
    assert (line.ended, line.wanted) == (row["finished"], row["wanted"])
    assert (line.front.members, line.front.hypervolume) == (row["front"], row["hypervolume"])
    assert not line.pending


def test_fronts_that_there_is_no_time_for_are_read_later(storage):
    overview = Overview(storage, seconds=-1.0)
    (line,) = overview.lines()
    assert line.pending
    assert line.front is None
    assert not overview.lines(60.0)[0].pending


def test_a_front_is_read_once_for_each_change(storage, tmp_path, monkeypatch):
    url, read = f"sqlite:///{tmp_path}/new.db", []
    with Store.open(url, create=True) as store:
        store.create_study("s", {"objectives": ["acc", "time"], "trials": 2})
    monkeypatch.setattr("paretocaps.service.overview.front_size", lambda store, study: read.append(study))
    overview = Overview(url, seconds=60.0)
    overview.lines()
    overview.lines()
    assert read == ["s"]
    with Store.open(url, create=False) as store:
        store.start_trial("s", 0, {})
    overview.lines()
    assert read == ["s", "s"]


def test_a_database_that_is_away_for_a_moment_leaves_no_study_without_a_front(storage, monkeypatch):
    overview, front_of = Overview(storage, seconds=60.0), fronts.front_of

    def away(*_):
        raise UnavailableError("it is away", "away")

    monkeypatch.setattr(fronts, "front_of", away)
    with pytest.raises(UnavailableError):
        overview.lines()
    monkeypatch.setattr(fronts, "front_of", front_of)
    assert overview.lines()[0].front is not None


def test_a_study_that_a_driver_runs_says_so(tmp_path):
    url = f"sqlite:///{tmp_path}/new.db"
    with Store.open(url, create=True) as store:
        store.create_study("s", {"objectives": ["acc", "time"], "trials": 2})
        assert Overview(url).lines()[0].state == "incomplete"
        store.register_driver("s", "token", "another machine", 42)
        assert Overview(url).lines()[0].state == "running"


def test_a_missing_database_is_told(tmp_path):
    with pytest.raises(StorageError):
        Overview(str(tmp_path / "none.db")).lines()
