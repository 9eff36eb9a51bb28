import pytest
from sqlalchemy import inspect


@pytest.fixture
def version(database, trial, attempt):
    database.migrate("upgrade", "0006")
    database.run(*trial, attempt(1))
    return database


def test_older_rows_belong_to_no_driver_and_have_not_changed(version):
    version.migrate("upgrade", "0007")
    assert version.run("SELECT name, changes, accelerator, content FROM paretocaps_studies") == [
        ("s", 0, None, None)
    ]
    owned = "SELECT state, driver, training, change FROM paretocaps_trials"
    assert version.run(owned) == [("finished", None, None, None)]
    began = "SELECT acc, driver, host, may_pass, resumed_from FROM paretocaps_attempts"
    assert version.run(began) == [(0.5, None, None, None, None)]
    assert version.run("SELECT study, acc FROM paretocaps_results") == [("s", 0.5)]
    assert version.run("SELECT count(*) FROM paretocaps_drivers") == [(0,)]


def test_it_can_be_taken_back(version):
    version.migrate("upgrade", "0007")
    version.migrate("downgrade", "0006")
    assert version.run("SELECT state FROM paretocaps_trials") == [("finished",)]
    with version.connected() as connection:
        assert inspect(connection).get_indexes("paretocaps_trials") == []
        assert "paretocaps_drivers" not in inspect(connection).get_table_names()
