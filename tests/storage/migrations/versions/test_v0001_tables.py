import pytest
from sqlalchemy.exc import IntegrityError

RESULTS = "SELECT trial, seeds, acc, time FROM paretocaps_results"


@pytest.fixture(autouse=True)
def version(database, trial):
    database.migrate("upgrade", "0001")
    database.run(*trial)


def test_results_are_means_over_the_latest_finished_attempts(database, attempt):
    database.run(
        attempt(7, 1, acc=0.1),
        attempt(7, 2, acc=0.5),
        attempt(7, 3, "failed", acc=None),
        attempt(8, acc=0.7),
    )
    ((trial, seeds, acc, seconds),) = database.run(RESULTS)
    assert (trial, seeds, seconds) == (0, 2, 2.0)
    assert acc == pytest.approx(0.6)


def test_a_mean_is_null_where_a_seed_lacks_the_value(database, attempt):
    database.run(attempt(7), attempt(8, time=None))
    assert database.run(RESULTS) == [(0, 2, 0.5, None)]


def test_unfinished_trials_have_no_results(database, attempt):
    database.run(attempt(7), "UPDATE paretocaps_trials SET state = 'failed'")
    assert database.run(RESULTS) == []


def test_states_and_numbers_are_checked(database, attempt):
    database.run(attempt(7))
    for wrong in (attempt(8, state="lost"), attempt(7)):
        with pytest.raises(IntegrityError):
            database.run(wrong)


def test_what_belongs_to_a_study_is_deleted_with_it(database, attempt):
    database.run(attempt(7), "DELETE FROM paretocaps_studies")
    assert database.run("SELECT count(*) FROM paretocaps_attempts") == [(0,)]
