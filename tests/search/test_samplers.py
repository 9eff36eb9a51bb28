import numpy as np
import pytest
from optuna.samplers import RandomSampler

from paretocaps.domain.objective import parse_objectives
from paretocaps.errors import UsageError
from paretocaps.search.improving import ImprovementSampler
from paretocaps.search.prior_trials import PriorTrials
from paretocaps.search.problem import Problem
from paretocaps.search.samplers import SAMPLERS, Sampler, population
from paretocaps.search.tpe import FastTPE
from paretocaps.search.warm_sampler import WarmSampler
from paretocaps.testing.probe import PROBE

OBJECTIVES = parse_objectives("acc,time")


@pytest.mark.slow
@pytest.mark.parametrize("name", list(SAMPLERS))
def test_every_sampler_runs_a_study_of_a_conditional_space(run, name):
    space = {
        "learning_rate": [0.05, 0.1, 0.2, 0.4],
        "failure": {"values": [""], "when": {"learning_rate": [0.05, 0.1]}},
    }
    summary, _ = run(sampler=name, space=space, trials=4, designs=())
    assert summary.finished == 4


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SAMPLERS if name != "grid"])
def test_every_sampler_runs_a_continuous_study_past_its_start(run, name):
    summary, watcher = run(sampler=name, trials=14, objectives="acc,time,wall")
    assert summary.finished == 14
    assert len({values["time"] for _, values in watcher.finished}) > 1


def test_a_grid_over_a_range_says_so_before_anything_is_created(run, tmp_path):
    with pytest.raises(UsageError, match="learning_rate is a continuous range"):
        run(sampler="grid")
    assert not list(tmp_path.iterdir())


def test_a_sampler_of_a_plug_in_is_told_of_prior_trials_without_its_doing():
    prior = PriorTrials([], [], np.empty((0, 2)), OBJECTIVES, PROBE.space)
    problem = Problem(space=PROBE.space, fix={}, objectives=OBJECTIVES, trainer=PROBE, trials=9, prior=prior)
    own = Sampler("of a plug-in", _never, of_problem=lambda problem: RandomSampler(seed=problem.run_seed))
    assert isinstance(own.made(problem), WarmSampler)


def _never(seed, trials):
    raise AssertionError


@pytest.mark.parametrize("name", list(SAMPLERS))
def test_prior_trials_are_told_to_every_sampler_once(name):
    prior = PriorTrials([], [], np.empty((0, 2)), OBJECTIVES, PROBE.space)
    problem = Problem(space=PROBE.space, fix={}, objectives=OBJECTIVES, trainer=PROBE, trials=9, prior=prior)
    made = SAMPLERS.get(name).made(problem)
    for sampler in getattr(made, "samplers", [made]):
        learns_itself = isinstance(sampler, ImprovementSampler) and sampler.problem.prior is prior
        assert learns_itself != isinstance(sampler, WarmSampler)


def test_the_population_follows_the_trials():
    assert [population(trials) for trials in (1, 24, 60, 1000)] == [8, 8, 20, 50]


def test_tpe_chooses_what_gaussian_processes_do_not_model():
    assert isinstance(SAMPLERS.get("gp").optuna(0, 9)._independent_sampler, FastTPE)
