import numpy as np
import optuna
import pytest
from scipy.stats import spearmanr

from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.space import Space
from paretocaps.search import surrogates as module
from paretocaps.search.encoding import Encoding
from paretocaps.search.finished_trials import ALL, COUNTED, FinishedTrials
from paretocaps.search.suggestions import suggest
from paretocaps.search.surrogates import Forest, Processes

SPACE = Space.parse(
    {
        "kind": ["plain", "deep"],
        "blocks": {"low": 1, "high": 8, "when": {"kind": "deep"}},
        "rate": {"low": 1e-4, "high": 1e-1, "log": True},
    }
)
OBJECTIVES = parse_objectives("acc,params")


def finished(count=30, failed=(), acc=0.1, counted=COUNTED):
    """The trials of a study whose objectives are smooth, but for those that failed to learn."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        directions=["maximize", "minimize"], sampler=optuna.samplers.RandomSampler(seed=0)
    )
    for number in range(count):
        trial = study.ask()
        point = suggest(trial, SPACE, {})
        learnt = 0.9 - 0.02 * (np.log10(point["rate"]) + 2.5) ** 2
        study.tell(trial, [acc if number in failed else learnt, 100.0 * point.get("blocks", 1)])
    return FinishedTrials.of(study.trials, OBJECTIVES, counted)


@pytest.mark.parametrize(("fit", "within"), [(Forest, 0.5), (Processes, 0.1)])
def test_they_predict_what_is_known_of_finished_trials(fit, within):
    known = finished()
    mean, deviation = fit(Encoding(SPACE, {}), known, np.random.default_rng(0)).predict(known.points)
    assert mean.shape == deviation.shape == known.values.shape
    assert np.abs(mean - known.values)[known.front].max() < within
    assert (deviation >= 0).all()


@pytest.mark.parametrize("counted", [COUNTED, ALL])
@pytest.mark.parametrize("acc", [0.1, -1000.0])
def test_trainings_that_failed_do_not_decide_what_varies(acc, counted):
    failed = (3, 8, 13)
    known = finished(count=40, failed=failed, acc=acc, counted=counted)
    mean, _ = Processes(Encoding(SPACE, {}), known, np.random.default_rng(0)).predict(known.points)
    others = [row for row in range(40) if row not in failed]
    assert spearmanr(mean[others, 0], known.values[others, 0]).statistic > 0.8


def test_of_very_many_trials_processes_learn_from_the_latest_of_the_front_and_of_the_others(monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 2)
    known = finished()
    processes = Processes(Encoding(SPACE, {}), known, np.random.default_rng(0))
    front = known.front[-1:].tolist()
    others = [row for row in range(30) if row not in front][-1:]
    assert len(known.front) > 1
    expected = processes._rows([known.points[row] for row in sorted(front + others)])
    assert np.array_equal(processes._processes._rows, expected)
