"""A driver that dies at any of its writes: the next run of the same command loses and repeats nothing."""

import signal

import pytest
from harness.invariants import check

ROUGH = {"options": ["--repeats", "2"], "environment": {"KNOWN_FAULTS": "0.*.1=raise"}}
"""A study whose trials have two trainings each, and whose first trial fails."""


def die_at_each_write(make_study, side, failed=0, seeds=1, **settings):
    """Kill a driver at each of its writes, one in each of so many studies, and complete these."""

    def new():
        return make_study(trials=2, epochs=1, **{n: v() if callable(v) else v for n, v in settings.items()})

    study = new()
    study.complete(CRASH_LIST=str(study.folder / "writes"))
    check(study, failed=failed, seeds=seeds)
    for number, changes in enumerate((study.folder / "writes").read_text().splitlines(), 1):
        study = new()
        driver = study.start(CRASH_AT=f"{number}-{side}")
        assert driver.wait() == -signal.SIGKILL, driver.said
        driver = study.start()
        try:
            assert driver.wait() == 0, driver.said
            check(study, failed=failed, seeds=seeds)
        except AssertionError as error:
            raise AssertionError(f"killed {side} write {number} ({changes}): {error}") from error


def test_a_driver_may_die_before_any_of_its_writes(make_study):
    die_at_each_write(make_study, "before")


@pytest.mark.slow
def test_a_driver_may_die_after_any_of_its_writes(make_study):
    die_at_each_write(make_study, "after")


@pytest.mark.slow
def test_a_driver_of_trials_that_fail_and_repeat_may_die_before_any_of_its_writes(make_study):
    die_at_each_write(make_study, "before", failed=None, seeds=2, **ROUGH)


@pytest.mark.slow
def test_a_driver_on_postgresql_may_die_before_any_of_its_writes(make_study, new_database):
    die_at_each_write(make_study, "before", storage=new_database)
