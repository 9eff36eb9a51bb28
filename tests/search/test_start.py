import math
from itertools import count, islice

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.trial import TrialState, create_trial

from paretocaps.domain.forecast import EpochForecast, Forecast
from paretocaps.domain.nominal_seconds import nominal_seconds
from paretocaps.domain.objective import parse_objectives
from paretocaps.errors import UsageError
from paretocaps.search.start import DRAWN, START, Start, length_by, shortest_first


@pytest.fixture
def study():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.create_study(directions=["maximize", "minimize"])


def finished(**attributes):
    return create_trial(values=[0.5, 1.0], user_attrs=attributes)


def test_designs_and_trials_without_values_are_not_part_of_the_start(study):
    start = Start(study, 2, {0: "stopped", 1: "finished"})
    study.add_trial(finished())
    study.add_trials([finished(design="baseline") for _ in range(9)])
    for state in (TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING):
        study.add_trials([create_trial(state=state) for _ in range(3)])
    study.add_trial(finished())
    assert not start.over
    study.add_trial(finished())
    assert start.over


def test_a_start_that_is_over_reads_no_trial(study, monkeypatch):
    started, none = Start(study, 1), Start(study, 0)
    study.add_trial(finished())
    assert started.over
    monkeypatch.setattr(optuna.Study, "get_trials", None)
    assert started.over
    assert none.over


@given(st.lists(st.integers(0, 9), min_size=DRAWN * START, max_size=DRAWN * START))
def test_the_shortest_trainings_come_first_and_no_point_is_lost(seconds):
    """Of points 0, 1, 2, ..., of which the first ones take `seconds`."""
    cost = dict(enumerate(seconds))
    found = list(islice(shortest_first(count(), lambda point: (point, cost[point])), DRAWN * START + 5))
    first, others = found[:START], found[START:]
    assert sorted(found) == list(range(DRAWN * START + 5))
    assert first == sorted(cost, key=lambda point: cost[point])[:START]
    assert others == sorted(others)


def test_points_of_equal_or_unknown_work_keep_their_order():
    assert list(islice(shortest_first(count(), lambda point: (point, math.inf)), 99)) == list(range(99))


def test_points_of_one_training_count_once_among_the_shortest():
    found = list(islice(shortest_first(count(), lambda point: (point % 20, point % 20)), 20))
    assert found == list(range(20))


EPOCHS = (EpochForecast(10, {"step": 1.0, "images": 128.0}), EpochForecast(30, {"step": 1.0}))


def told(choices):
    if choices["refused"]:
        raise UsageError("these do not fit")
    return Forecast(epochs=EPOCHS)


@pytest.mark.parametrize(
    "objectives", ["acc,time", "params,wall", "acc,cpu_time", "acc,energy", "acc,energy_estimate(watts=50)"]
)
def test_a_training_is_as_long_as_its_work_where_an_objective_grows_with_it(objectives):
    chosen = parse_objectives(objectives)
    on_cpu, on_gpu = (length_by(told, chosen, device) for device in ("cpu", "cuda"))
    assert on_cpu({"refused": False}) == nominal_seconds(EPOCHS) > 0.0
    assert on_gpu({"refused": False}) == 40.0
    assert on_cpu({"refused": True}) == on_gpu({"refused": True}) == math.inf


def test_the_length_of_a_training_is_no_matter_where_no_objective_grows_with_it():
    assert length_by(told, parse_objectives("acc,params,latency"), "cpu") is None
    assert length_by(None, parse_objectives("acc,time"), "cpu") is None
