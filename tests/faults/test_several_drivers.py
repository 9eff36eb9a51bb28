"""Several drivers of one study, at once: on SQLite and PostgreSQL, and when one is killed or stopped."""

import json
import signal

import pytest
from harness.invariants import check
from harness.outages import stop_between_writes

QUICK = {"PARETOCAPS_BEAT": "0.2"}
OWNED = "SELECT driver FROM paretocaps_trials WHERE driver IS NOT NULL"
TUNES = {"KNOWN_TUNES": "1"}
LIVING = "SELECT pid FROM paretocaps_drivers WHERE ended IS NULL"
FINISHED = "SELECT number FROM paretocaps_trials WHERE state = 'finished'"


def trained_once(study):
    """Check that nothing was trained twice: neither a trial, nor choices under two numbers."""
    begun = [(trial, seed, epoch) for trial, seed, _, epoch, what, _ in study.work() if what == "begun"]
    assert len(begun) == len(set(begun)), "an epoch was trained twice"
    assert len({trial for trial, *_ in begun}) == study.trials


def tuned_once(study):
    """Check that all trainings used the one tuning that the study keeps; each process finds another."""
    ((kept,),) = study.rows("SELECT tuning FROM paretocaps_tunings")
    used = study.rows("SELECT tunings, retuned FROM paretocaps_attempts")
    assert all((plain(one), retuned) == ({"known": plain(kept)}, False) for one, retuned in used)


def plain(stored):
    return json.loads(stored) if isinstance(stored, str) else stored  # psycopg reads JSON itself


def together(study, number):
    drivers = [study.start() for _ in range(number)]
    for driver in drivers:
        assert driver.wait(240) == 0, driver.said
    check(study)
    trained_once(study)
    tuned_once(study)
    assert study.rows(OWNED) == study.rows(LIVING) == []
    return drivers


@pytest.mark.parametrize(("number", "trials"), [(2, 12), pytest.param(8, 40, marks=pytest.mark.slow)])
def test_drivers_that_start_at_once_share_the_trials(make_study, number, trials):
    study = make_study(trials=trials, epochs=1, options=["--executor", "inline"], environment=TUNES)
    together(study, number)


def test_a_killed_driver_s_trial_is_taken_over_by_the_other(make_study):
    study = make_study(trials=3, gated=True, environment=QUICK)
    first, second = study.start(), study.start()
    study.until(lambda: len(set(study.rows(OWNED))) == 2)
    first.kill()
    study.gate.touch()
    assert second.wait(120) == 0, second.said
    check(study)


@pytest.mark.parametrize(("number", "trials"), [(2, 12), pytest.param(8, 40, marks=pytest.mark.slow)])
def test_drivers_share_the_trials_on_postgresql(make_study, server, number, trials):
    server.psql(f"CREATE DATABASE several{number};")
    url = server.get_uri(database=f"several{number}").replace("postgresql://", "postgresql+psycopg://")
    options = ["--executor", "inline"]
    study = make_study(trials=trials, epochs=1, storage=url, options=options, environment=TUNES)
    together(study, number)


def test_a_stopped_driver_is_fenced(make_study):
    study = make_study(trials=3, gated=True, environment={**QUICK, "PARETOCAPS_LEASE": "4"})
    first, second = study.start(), study.start()
    study.until(lambda: len(set(study.rows(OWNED))) == 2)
    stop_between_writes(study, first)
    study.gate.touch()
    assert second.wait(120) == 0, second.said
    first.send(signal.SIGCONT)
    assert first.wait(60) == 1, first.said
    assert "another driver has taken over from this one" in first.said
    assert "heard nothing from it for 4 s" in first.said
    check(study)
