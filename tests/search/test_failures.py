import pytest

from paretocaps.domain.failure import Failure
from paretocaps.errors import ParetocapsError
from paretocaps.search.failures import Failures

BAD = Failure("no luck")


def test_as_many_failed_trials_as_are_allowed_end_the_run():
    failures = Failures(2)
    failures.of_trial(BAD)
    failures.success()
    with pytest.raises(ParetocapsError, match="^2 trials failed, the last reason: no luck$"):
        failures.of_trial(BAD)
    with pytest.raises(ParetocapsError, match="^the study's only trial failed, the last reason: no luck$"):
        Failures(1).of_trial(BAD)


def test_five_in_a_row_end_the_run_and_a_success_starts_anew():
    failures = Failures(99)
    for _ in range(4):
        failures.of_trial(BAD)
    failures.success()
    for _ in range(4):
        failures.of_seed(BAD)
    assert (failures.trials, failures.in_a_row, failures.reason) == (4, 4, "no luck")
    with pytest.raises(ParetocapsError, match="^5 trainings in a row failed, the last reason: no luck$"):
        failures.of_seed(BAD)
