import pytest


@pytest.fixture(autouse=True)
def version(database, trial):
    database.migrate("upgrade", "0004")
    database.run(
        *trial,
        "INSERT INTO paretocaps_trials (study_id, number, state, choices, created, ended) VALUES"
        " (1, 1, 'finished', '{}', '2026-01-01', '2026-01-04'),"
        " (1, 2, 'failed', '{}', '2026-01-01', '2026-01-02')",
        "INSERT INTO paretocaps_fronts (study_id, objectives, hypervolume, created) VALUES"
        " (1, 'acc', 1.5, '2026-01-03'), (1, 'acc', 2.5, '2026-01-05')",
    )
    database.migrate("upgrade", "0005")


def test_older_fronts_count_the_trials_that_were_finished_when_they_were_ranked(database):
    rows = database.run("SELECT hypervolume, trials FROM paretocaps_fronts ORDER BY id")
    assert rows == [(1.5, 1), (2.5, 2)]


def test_what_older_fronts_do_not_know_is_null(database):
    rows = database.run("SELECT attempts, device, devices, unreached FROM paretocaps_fronts")
    assert rows == [(None, None, None, None)] * 2


def test_a_downgrade_keeps_the_fronts(database):
    database.migrate("downgrade", "0004")
    assert database.run("SELECT hypervolume FROM paretocaps_fronts ORDER BY id") == [(1.5,), (2.5,)]
    columns = [row[1] for row in database.run("PRAGMA table_info(paretocaps_fronts)")]
    assert {"trials", "attempts", "device", "devices", "unreached"}.isdisjoint(columns)
