import pytest


@pytest.fixture(autouse=True)
def version(database, trial, attempt):
    database.migrate("upgrade", "0005")
    database.run(
        *trial,
        attempt(1),
        "INSERT INTO paretocaps_fronts (study_id, objectives, hypervolume, created) VALUES"
        " (1, 'acc', 1.5, '2026-01-03')",
    )
    database.migrate("upgrade", "0006")


def test_older_trainings_did_not_record_their_numbers_of_images(database):
    rows = database.run("SELECT acc, validation_images, test_images FROM paretocaps_attempts")
    assert rows == [(0.5, None, None)]


def test_older_fronts_have_no_values_of_their_own(database):
    assert database.run("SELECT * FROM paretocaps_front_values") == []


def test_a_downgrade_keeps_the_trainings_and_fronts(database):
    database.migrate("downgrade", "0005")
    assert database.run("SELECT acc FROM paretocaps_attempts") == [(0.5,)]
    assert database.run("SELECT hypervolume FROM paretocaps_fronts") == [(1.5,)]
    columns = [row[1] for row in database.run("PRAGMA table_info(paretocaps_attempts)")]
    assert {"validation_images", "test_images"}.isdisjoint(columns)
