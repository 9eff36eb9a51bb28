"""A database that is away or locked for a while: trainings go on, and nothing is lost or trained twice."""

import re
import signal
import time

import pytest
from harness.invariants import check
from harness.outages import end_sessions, locked, locked_on_server, stopped

LONG = 3.0  # s; longer than SQLite waits by itself
MINUTE = 60.0  # s


def goes_on_without(study, outage, least=3, seconds=LONG):
    """Take a running study's database away, see that its trainings go on, and complete it."""
    driver = study.start()
    study.until(lambda: len(study.work()) > 2)
    with outage:
        before = len(study.work())
        time.sleep(seconds)
        study.until(lambda: len(study.work()) - before >= least)  # a busy machine takes longer
        assert not driver.ended, driver.said
    assert driver.wait() == 0, driver.said
    attempts = {attempt for _, _, attempt, *_ in study.work()}
    assert attempts == {1}, "a training was begun again"
    check(study)
    return driver.said


def test_trainings_go_on_while_another_program_holds_the_lock(make_study):
    study = make_study(trials=2, epochs=20, seconds=0.2)
    goes_on_without(study, locked(study), least=10)


@pytest.mark.slow
def test_results_wait_while_another_program_holds_the_lock(make_study):
    study = make_study(trials=4, epochs=1, seconds=0.2)
    goes_on_without(study, locked(study), least=0)


@pytest.mark.parametrize("mode", [pytest.param("fast", marks=pytest.mark.slow), "immediate"])
def test_trainings_go_on_while_the_server_is_away(make_study, new_database, server, mode):
    study = make_study(storage=new_database(), trials=2, epochs=30, seconds=0.2)
    goes_on_without(study, stopped(server, mode), least=10)


@pytest.fixture
def long_study(make_study):
    """A study of one training that takes longer than a minute, almost all of it asleep."""
    return lambda **settings: make_study(trials=1, epochs=35, seconds=2.0, **settings)


@pytest.mark.slow
def test_a_database_that_is_locked_for_a_minute_is_waited_for(long_study):
    study = long_study()
    said = goes_on_without(study, locked(study), least=50, seconds=MINUTE)
    assert "another program holds its lock" in said
    assert re.search(r"the storage can be used again, after [56]\d s", said), said


@pytest.mark.slow
def test_a_server_that_is_away_for_a_minute_is_waited_for(long_study, new_database, server):
    study = long_study(storage=new_database())
    said = goes_on_without(study, stopped(server, "immediate"), least=50, seconds=MINUTE)
    assert "start the server, or wait until it answers" in said
    assert re.search(r"the storage can be used again, after [56]\d s", said), said


def test_the_pool_recovers_when_every_session_is_ended(make_study, new_database, server):
    study = make_study(storage=new_database(), trials=4, epochs=4, seconds=0.05)
    driver = study.start()
    for number in range(4):
        study.until(lambda number=number: len(study.work()) > 8 * number)
        end_sessions(server)
    assert driver.wait() == 0, driver.said
    check(study)


def test_after_the_patience_the_run_ends_and_the_same_command_goes_on(make_study):
    study = make_study(trials=2, epochs=40, seconds=0.1)
    driver = study.start("--storage-patience", "2s")
    study.until(lambda: len(study.work()) > 2)
    with locked(study):
        assert driver.wait() == 1
    assert "waiting up to 2s for storage" in driver.said
    last = driver.said.strip().splitlines()[-1]
    assert "another program holds its lock: end that program, then run the same command again" in last
    study.complete()
    check(study)


def test_a_lock_that_is_left_on_a_server_is_told_and_a_signal_ends_the_run(make_study, new_database):
    study = make_study(storage=new_database(), trials=3, epochs=4, seconds=0.2)
    driver = study.start()
    study.until(lambda: len(study.work()) > 2)
    with locked_on_server(study.storage):
        study.until(lambda: "another session has held a lock" in driver.said)
        driver.send(signal.SIGINT)
        assert driver.wait(60) == 130, driver.said
    study.complete()
    check(study)
