import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError


@pytest.fixture
def version(database, trial, attempt):
    database.migrate("upgrade", "0008")
    database.run(*trial, attempt(1))
    database.run("INSERT INTO paretocaps_quantities (attempt_id, name, value) VALUES (1, 'robust', 0.5)")
    return database


def test_older_rows_stay_and_have_nothing_of_what_is_added(version):
    version.migrate("upgrade", "0009")
    assert version.run("SELECT name, ideal_point FROM paretocaps_studies") == [("s", None)]
    assert version.run("SELECT state, predicted FROM paretocaps_trials") == [("finished", None)]
    assert version.run("SELECT value FROM paretocaps_quantities") == [(0.5,)]
    assert version.run("SELECT study, acc FROM paretocaps_results") == [("s", 0.5)]
    for table in ("decisions", "prior_trials"):
        assert version.run(f"SELECT count(*) FROM paretocaps_{table}") == [(0,)]
    assert version.run("PRAGMA integrity_check") == [("ok",)]


def test_trials_and_attempts_may_be_stopped_and_rejected_and_nothing_else(version, attempt):
    version.migrate("upgrade", "0009")
    version.run("UPDATE paretocaps_trials SET state = 'stopped'", attempt(2, state="stopped"))
    version.run("UPDATE paretocaps_trials SET state = 'rejected'")
    with pytest.raises(IntegrityError, match="ck_paretocaps_trials_state"):
        version.run("UPDATE paretocaps_trials SET state = 'ended'")
    assert version.run("SELECT * FROM paretocaps_results") == []


def test_taken_back_stopped_trials_are_interrupted_and_rejected_ones_are_gone(version, attempt):
    version.migrate("upgrade", "0009")
    version.run(
        "UPDATE paretocaps_trials SET state = 'stopped'",
        "UPDATE paretocaps_attempts SET state = 'stopped'",
        "INSERT INTO paretocaps_trials (study_id, number, state, choices, created)"
        " VALUES (1, 1, 'rejected', '{}', '2026-01-01')",
    )
    version.migrate("downgrade", "0008")
    assert version.run("SELECT number, state FROM paretocaps_trials") == [(0, "interrupted")]
    assert version.run("SELECT state FROM paretocaps_attempts") == [("interrupted",)]
    with pytest.raises(IntegrityError, match="ck_paretocaps_trials_state"):
        version.run("UPDATE paretocaps_trials SET state = 'stopped'")
    with version.connected() as connection:
        tables = inspect(connection).get_table_names()
    assert not {"paretocaps_decisions", "paretocaps_prior_trials"} & set(tables)
