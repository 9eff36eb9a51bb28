import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.space import Space
from paretocaps.errors import UsageError
from paretocaps.search.samplers import SAMPLERS, grid, population, sobol, value_at

SPACE = Space.parse(
    {
        "policy": ["a", "b", "c"],
        "cycle": {"values": [1, 2], "when": {"policy": "a"}},
        "rate": {"low": 1e-4, "high": 1e-1, "log": True},
        "count": {"low": 2, "high": 9},
    }
)
FINITE = Space.parse({"policy": ["a", "b"], "cycle": {"values": [1, 2, 3], "when": {"policy": "a"}}})


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


def test_a_grid_has_every_point_once(run):
    points = list(grid(FINITE, {}, 3))
    assert len(points) == 4
    assert {tuple(point.items()) for point in points} == {tuple(point.items()) for point in FINITE.listed({})}
    assert points != list(FINITE.listed({})) or points != list(grid(FINITE, {}, 4))


def test_a_grid_over_a_range_says_so_before_anything_is_created(run, tmp_path):
    with pytest.raises(UsageError, match="learning_rate is a continuous range"):
        run(sampler="grid")
    assert not list(tmp_path.iterdir())


@given(st.integers(0, 1000))
def test_sobol_points_are_spread_and_conditional(seed):
    source = sobol(SPACE, {}, seed)
    points = [next(source) for _ in range(48)]
    assert all(("cycle" in point) == (point["policy"] == "a") for point in points)
    counts = [sum(point["policy"] == policy for point in points) for policy in "abc"]
    assert min(counts) >= 12
    assert sum(point["rate"] < 10**-2.5 for point in points) in range(20, 29)


@given(st.floats(0.0, 1.0, exclude_max=True))
def test_values_stay_inside_their_ranges(share):
    for parameter in SPACE:
        value = value_at(parameter, share)
        assert value in parameter.values if parameter.values else parameter.low <= value <= parameter.high


def test_the_population_follows_the_trials():
    assert [population(trials) for trials in (1, 24, 60, 1000)] == [8, 8, 20, 50]
