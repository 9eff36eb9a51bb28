import pytest

FLAGS = "SELECT seeds, shared, loaded, devices, torch FROM paretocaps_results"


@pytest.fixture(autouse=True)
def version(database, trial, attempt):
    database.migrate("upgrade", "0001")
    database.run(*trial, attempt(7, shared=1, device_name="cpu", torch="2.12"))
    database.migrate("upgrade", "0002")


def test_older_attempts_are_kept_and_were_not_loaded(database):
    assert database.run(FLAGS) == [(1, 1, 0, 1, "2.12")]


def test_one_loaded_seed_flags_the_trial(database, attempt):
    database.run(attempt(8, shared=0, loaded=1, device_name="cpu", torch="2.12"))
    assert database.run(FLAGS) == [(2, 1, 1, 1, "2.12")]


def test_another_version_of_torch_counts_as_another_device(database, attempt):
    database.run(attempt(8, device_name="cpu", torch="2.13"))
    assert database.run(FLAGS) == [(2, 1, 0, 2, "2.12")]


def test_a_downgrade_keeps_the_attempts(database):
    database.migrate("downgrade", "0001")
    assert database.run("SELECT seeds, acc FROM paretocaps_results") == [(1, 0.5)]
    columns = [row[1] for row in database.run("PRAGMA table_info(paretocaps_attempts)")]
    assert {"loaded", "remarks"}.isdisjoint(columns)
