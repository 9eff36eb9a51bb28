import pytest

from paretocaps.errors import UsageError
from paretocaps.search.samplers import SAMPLERS, population
from paretocaps.search.tpe import FastTPE


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


def test_the_population_follows_the_trials():
    assert [population(trials) for trials in (1, 24, 60, 1000)] == [8, 8, 20, 50]


def test_tpe_chooses_what_gaussian_processes_do_not_model():
    assert isinstance(SAMPLERS.get("gp").optuna(0, 9)._independent_sampler, FastTPE)
