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
from paretocaps.search.start import DRAWN, START, Start, seconds_by, shortest_first


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
    found = list(islice(shortest_first(count(), lambda point: cost[point]), DRAWN * START + 5))
    first, others = found[:START], found[START:]
    assert sorted(found) == list(range(DRAWN * START + 5))
    assert first == sorted(cost, key=lambda point: cost[point])[:START]
    assert others == sorted(others)


def test_points_of_equal_or_unknown_work_keep_their_order():
    assert list(islice(shortest_first(count(), lambda _: 0.0), 99)) == list(range(99))


def test_seconds_are_those_of_the_work_that_is_told_where_an_objective_grows_with_it():
    epochs = (EpochForecast(10, {"step": 1.0, "images": 128.0}),)

    def forecaster(choices):
        if choices["refused"]:
            raise UsageError("these do not fit")
        return Forecast(epochs=epochs)

    for paid in ("acc,time", "params,wall", "acc,cpu_time", "acc,energy"):
        seconds = seconds_by(forecaster, parse_objectives(paid))
        assert seconds({"refused": False}) == nominal_seconds(epochs) > 0.0
        assert seconds({"refused": True}) == 0.0
    assert seconds_by(forecaster, parse_objectives("acc,params,latency")) is None
    assert seconds_by(None, parse_objectives("acc,time")) is None
