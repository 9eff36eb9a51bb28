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


def finished(count=30, failed=(), acc=0.1, counted=COUNTED, prior=()):
    """The trials of a study whose objectives are smooth, but for those that failed to learn."""
    return FinishedTrials.of(trials(count, failed, acc), OBJECTIVES, counted, prior)


def trials(count, failed=(), acc=0.1, seed=0, best=-2.5):
    """Such trials; `best` is the logarithm of the best rate."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        directions=["maximize", "minimize"], sampler=optuna.samplers.RandomSampler(seed=seed)
    )
    for number in range(count):
        trial = study.ask()
        point = suggest(trial, SPACE, {})
        learnt = 0.9 - 0.02 * (np.log10(point["rate"]) - best) ** 2
        study.tell(trial, [acc if number in failed else learnt, 100.0 * point.get("blocks", 1)])
    return study.trials


@pytest.mark.parametrize(("fit", "within"), [(Forest, 0.5), (Processes, 0.1)])
def test_they_predict_what_is_known_of_finished_trials(fit, within):
    known = finished()
    mean, deviation = fit(Encoding(SPACE, {}), known, np.random.default_rng(0)).predict(known.points)
    assert mean.shape == deviation.shape == known.values.shape
    assert np.abs(mean - known.values)[known.front].max() < within
    assert (deviation >= 0).all()


@pytest.mark.parametrize("fit", [Forest, Processes])
def test_prior_trials_tell_of_points_that_the_study_has_not_trained(fit):
    few, prior = trials(6), trials(40, seed=1)
    told = FinishedTrials.of(few, OBJECTIVES, COUNTED, prior)
    alone = FinishedTrials.of(few, OBJECTIVES)
    errors = []
    for known in (told, alone):
        surrogate = fit(Encoding(SPACE, {}), known, np.random.default_rng(0))
        unseen = trials(20, seed=2)
        values = known.scaling.scaled(np.array([trial.values for trial in unseen]))
        mean, _ = surrogate.predict([trial.params for trial in unseen])
        errors.append(np.abs(mean - values)[:, 0].mean())
    assert errors[0] < 0.5 * errors[1]


def test_prior_trials_that_the_study_contradicts_are_forgotten():
    unseen, misleading = trials(20, seed=2), trials(40, seed=1, best=-3.9)
    errors = {}
    for own in (6, 30):
        known = FinishedTrials.of(trials(own), OBJECTIVES, COUNTED, misleading)
        mean, _ = Processes(Encoding(SPACE, {}), known, np.random.default_rng(0)).predict(
            [trial.params for trial in unseen]
        )
        values = known.scaling.scaled(np.array([trial.values for trial in unseen]))
        errors[own] = np.abs(mean - values)[:, 0].mean()
    assert errors[30] < 0.2 * errors[6]


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
