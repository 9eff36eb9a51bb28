"""A driver that dies at any of its writes: the next run of the same command loses and repeats nothing."""

import signal

import pytest
from harness.invariants import check


@pytest.fixture(scope="module")
def writes(make_study):
    """What each write of the study changes, in order."""
    study = make_study(trials=2, epochs=1)
    study.complete(CRASH_LIST=str(study.folder / "writes"))
    return (study.folder / "writes").read_text().splitlines()


@pytest.mark.parametrize("side", ["before", pytest.param("after", marks=pytest.mark.slow)])
def test_a_driver_may_die_at_any_of_its_writes(writes, make_study, side):
    for number, changes in enumerate(writes, 1):
        study = make_study(trials=2, epochs=1)
        driver = study.start(CRASH_AT=f"{number}-{side}")
        assert driver.wait() == -signal.SIGKILL, driver.said
        driver = study.start()
        try:
            assert driver.wait() == 0, driver.said
            check(study)
        except AssertionError as error:
            raise AssertionError(f"killed {side} write {number} ({changes}): {error}") from error
