"""A driver that dies before or after any of its writes: the next run of the same command loses and repeats nothing."""

import signal

import pytest

from harness.forks import Forks
from harness.invariants import check

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def forks():
    with Forks() as forks:
        yield forks


@pytest.fixture(scope="module")
def writes(forks, make_study):
    """What each write of the study changes, in order."""
    study = make_study(trials=2, epochs=1)
    code, said = forks.run(study, CRASH_LIST=str(study.folder / "writes"))
    assert code == 0, said
    return (study.folder / "writes").read_text().splitlines()


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_driver_may_die_at_any_of_its_writes(forks, writes, make_study, side):
    for number, changes in enumerate(writes, 1):
        study = make_study(trials=2, epochs=1)
        code, said = forks.run(study, CRASH_AT=f"{number}-{side}")
        assert code == -signal.SIGKILL, said
        code, said = forks.run(study)
        assert code == 0, f"killed {side} write {number} ({changes}): {said}"
        try:
            check(study)
        except AssertionError as error:
            raise AssertionError(f"killed {side} write {number} ({changes}): {error}") from error
