import optuna
import pytest
from optuna.trial import TrialState, create_trial

from paretocaps.search.start import Start


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
