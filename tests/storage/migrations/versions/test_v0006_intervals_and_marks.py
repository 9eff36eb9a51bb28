import json

import pytest

KEPT = json.dumps(["the frozen trunk's features of 1,900 images were computed once, in 3.1 s"])
IN_EVERY_STEP = json.dumps(["the frozen trunk's features were computed in every step: augment=shift"])


@pytest.fixture
def version(database, trial, attempt):
    database.migrate("upgrade", "0005")
    database.run(
        *trial,
        attempt(1),
        "INSERT INTO paretocaps_fronts (study_id, objectives, hypervolume, created) VALUES"
        " (1, 'acc', 1.5, '2026-01-03')",
    )
    database.migrate("upgrade", "0006")
    return database


def test_older_trainings_did_not_record_their_numbers_of_images(version):
    rows = version.run("SELECT acc, validation_images, test_images, collapsed FROM paretocaps_attempts")
    assert rows == [(0.5, None, None, None)]


def test_older_studies_have_no_ensembles(version):
    assert version.run("SELECT * FROM paretocaps_ensembles") == []


def test_older_fronts_have_no_values_of_their_own(version):
    assert version.run("SELECT * FROM paretocaps_front_values") == []


def test_a_downgrade_keeps_the_trainings_and_fronts(version):
    version.migrate("downgrade", "0005")
    assert version.run("SELECT acc FROM paretocaps_attempts") == [(0.5,)]
    assert version.run("SELECT hypervolume FROM paretocaps_fronts") == [(1.5,)]
    columns = [row[1] for row in version.run("PRAGMA table_info(paretocaps_attempts)")]
    assert {"validation_images", "test_images", "partial"}.isdisjoint(columns)


@pytest.fixture
def older(database, trial, attempt):
    """An older database with one attempt, which has these remarks, at a trial with these choices."""

    def made(remarks, choices="{}", state="finished"):
        database.migrate("upgrade", "0005")
        database.run(*trial, f"UPDATE paretocaps_trials SET choices = '{choices}'")
        database.run(attempt(7, state=state, device_name="cpu"))
        if remarks is not None:
            quoted = remarks.replace("'", "''")
            database.run(f"UPDATE paretocaps_attempts SET remarks = '{quoted}'")
        database.migrate("upgrade", "0006")
        return database

    return made


@pytest.mark.parametrize(
    ("remarks", "choices", "partial"),
    [
        (KEPT, "{}", 1),
        (None, '{"frozen":true}', 1),
        (IN_EVERY_STEP, '{"frozen":true}', None),
        (None, '{"frozen":false}', None),
        (json.dumps(["another remark"]), "{}", None),
    ],
)
def test_times_without_the_pass_of_a_frozen_trunk_are_marked(older, remarks, choices, partial):
    database = older(remarks, choices)
    assert database.run("SELECT partial FROM paretocaps_attempts") == [(partial,)]
    assert database.run("SELECT time, partial FROM paretocaps_results") == [(2.0, partial or 0)]


def test_only_finished_attempts_are_marked(older):
    database = older(None, '{"frozen":true}', state="running")
    assert database.run("SELECT partial FROM paretocaps_attempts") == [(None,)]


def test_a_downgrade_keeps_the_view(older):
    database = older(KEPT)
    database.migrate("downgrade", "0005")
    assert database.run("SELECT time, shared, loaded FROM paretocaps_results") == [(2.0, 0, 0)]
