import pytest

from paretocaps.domain.forecast import Forecast
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.space import Space
from paretocaps.errors import UsageError
from paretocaps.search.problem import Problem, exact_by
from paretocaps.search.samplers import SAMPLERS
from paretocaps.testing.probe import PROBE

PROBLEM = Problem(
    space=PROBE.space, fix={}, objectives=parse_objectives("acc,time"), trainer=PROBE, run_seed=3, trials=9
)


def test_choices_are_completed_by_the_trainer_with_the_fixed_ones():
    fixed = Problem(
        space=Space(), fix={"learning_rate": 0.25}, objectives=PROBLEM.objectives, trainer=PROBE, trials=1
    )
    assert fixed.complete({}) == PROBE.canonical({"learning_rate": 0.25})
    with pytest.raises(UsageError, match="learning_rate"):
        fixed.complete({"learning_rate": -1.0})


def test_nothing_is_known_exactly_of_a_trainer_that_says_nothing():
    assert PROBLEM.exact(PROBLEM.complete({"learning_rate": 0.5})) == {}


def test_a_sampler_is_made_from_the_seed_of_the_run_and_the_trials():
    made = SAMPLERS.get("nsga2").made(PROBLEM)
    assert str(made) == "NSGAIISampler"


def test_exact_quantities_are_those_of_a_forecast_and_none_of_choices_that_are_refused():
    def forecaster(choices):
        if choices["a"] > 1:
            raise UsageError("too large")
        return Forecast({"params": choices["a"]}, {"memory": 9.0})

    assert exact_by(forecaster)({"a": 1}) == {"params": 1}
    assert exact_by(forecaster)({"a": 2}) == {}
    assert exact_by(None)({"a": 1}) == {}
