import sqlite3

import optuna
import pytest
from sqlalchemy import Engine, event

from paretocaps.domain.objective import parse_objectives
from paretocaps.errors import StorageError, UsageError
from paretocaps.search.optuna_study import open_optuna_study
from paretocaps.storage.store import Store


@pytest.fixture
def url(storage):
    Store.open(storage, create=True).close()
    return storage


def test_it_lives_in_the_same_file_with_the_objectives_names(url):
    objectives = parse_objectives("acc,time")
    with open_optuna_study(url, "s", objectives, optuna.samplers.RandomSampler(seed=0)) as study:
        trial = study.ask()
        trial.suggest_float("x", 0, 1)
        study.tell(trial.number, [0.9, 1.0])
        assert study.metric_names == ["acc", "time"]
        assert [direction.name for direction in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        names = {
            name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")
        }
    connection.close()
    assert {
        "trials",
        "studies",
        "alembic_version",
        "paretocaps_trials",
        "paretocaps_alembic_version",
    } <= names


@pytest.mark.slow
def test_it_is_reopened_with_its_trials(url):
    objectives = parse_objectives("acc,time")
    for expected in range(3):
        with open_optuna_study(url, "s", objectives, optuna.samplers.RandomSampler(seed=0)) as study:
            assert len(study.trials) == expected
            study.tell(study.ask().number, [0.5, 1.0])


@pytest.mark.slow
def test_a_study_of_optuna_s_own_is_not_mixed_up_with_one_of_ours(run, storage):
    run(study="ours", trials=1)
    optuna.create_study(study_name="theirs", storage=storage)
    with pytest.raises(UsageError, match="study 'theirs' of this database was made by Optuna") as caught:
        run(study="theirs", trials=1)
    assert "\n" not in str(caught.value)
    with Store.open(storage, create=False) as store:
        assert store.study_names() == ["ours"]
    run(study="ours", trials=2)


@pytest.mark.slow
def test_a_full_disk_ends_a_study_in_one_line_and_it_goes_on_later(run, storage):
    run(trials=1)

    def no_more_pages(connection, record):
        connection.execute("PRAGMA max_page_count = 1")  # no less than there are

    event.listen(Engine, "connect", no_more_pages)
    try:
        with pytest.raises(StorageError, match="its disk is full: free some space") as caught:
            run(trials=200, storage_patience=0.2)
    finally:
        event.remove(Engine, "connect", no_more_pages)
    assert "\n" not in str(caught.value)
    with Store.open(storage, create=False) as store:
        before = store.counts("s")["finished"]
    summary, _ = run(trials=before + 2)
    assert summary.finished == before + 2
    with Store.open(storage, create=False) as store:
        assert store.counts("s") == {
            "running": 0,
            "finished": before + 2,
            "failed": 0,
            "interrupted": 0,
            "stopped": 0,
            "rejected": 0,
        }
