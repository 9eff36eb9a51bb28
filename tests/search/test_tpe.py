import warnings

import numpy as np
import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import TPESampler
from optuna.trial import TrialState, create_trial

from paretocaps.domain.space import Space
from paretocaps.search import tpe as module
from paretocaps.search.suggestions import suggest
from paretocaps.search.tpe import FastTPE, fits, tpe

SPACE = Space.parse(
    {
        "policy": ["fixed", "cyclic", "decay"],
        "cycle": {"low": 1, "high": 9, "when": {"policy": "cyclic"}},
        "factor": {"low": 0.1, "high": 0.9, "when": {"policy": ["cyclic", "decay"]}},
        "rate": {"low": 1e-4, "high": 1e-1, "log": True},
        "batch": {"low": 8, "high": 64, "step": 8},
    }
)
DISTRIBUTIONS = {
    "policy": CategoricalDistribution(("fixed", "cyclic", "decay")),
    "cycle": IntDistribution(1, 9),
    "factor": FloatDistribution(0.1, 0.9),
    "rate": FloatDistribution(1e-4, 1e-1, log=True),
    "batch": IntDistribution(8, 64, step=8),
}
STATES = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING)


def sampled(generator):
    policy = generator.choice(["fixed", "cyclic", "decay"]).item()
    rate, batch = 10 ** generator.uniform(-4, -1), 8 * int(generator.integers(1, 9))
    point = {"policy": policy, "rate": rate, "batch": batch}
    if policy != "fixed":
        point["factor"] = generator.uniform(0.1, 0.9)
    return {**point, "cycle": int(generator.integers(1, 10))} if policy == "cyclic" else point


def values(generator, objectives, tied):
    drawn = generator.random(objectives)
    return (np.round(drawn * 4) if tied else drawn).tolist()


def made(generator, objectives, tied, odd):
    """Return a trial: `odd` of them have no value or break a constraint."""
    point = sampled(generator)
    state = STATES[generator.integers(0, 4)] if generator.random() < odd else TrialState.COMPLETE
    broken = generator.random() < odd / 2
    return create_trial(
        state=state,
        params=point,
        distributions={name: DISTRIBUTIONS[name] for name in point},
        values=values(generator, objectives, tied) if state == TrialState.COMPLETE else None,
        constraints={"c": generator.choice([1.0, 2.0]).item()} if broken else None,
    )


def proposals(sampler, seed, trials, objectives, tied, odd, asks=4):
    """Return what a sampler proposes after `trials` made-up trials, and how its trials then end."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(directions=["maximize", *["minimize"] * (objectives - 1)], sampler=sampler)
    generator, found = np.random.default_rng(seed), []
    study.add_trials([made(generator, objectives, tied, odd) for _ in range(trials)])
    for ask in range(asks):
        trial = study.ask()
        found.append(suggest(trial, SPACE, {}))
        if ask == 1:
            study.tell(trial.number, state=TrialState.PRUNED)
        elif ask == 2:
            study.tell(trial.number, values(generator, objectives, tied))
        elif ask == 3:  # an earlier trial ends later
            study.tell(trials, values(generator, objectives, tied))
    return found


@settings(max_examples=25)
@given(
    seed=st.integers(0, 9999),
    trials=st.integers(0, 120),
    objectives=st.integers(1, 4),
    tied=st.booleans(),
    odd=st.sampled_from([0.0, 0.3, 0.97]),
)
def test_it_proposes_what_optunas_sampler_proposes(seed, trials, objectives, tied, odd):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        stock = TPESampler(seed=seed, multivariate=True)
    given = (seed, trials, objectives, tied, odd)
    assert proposals(tpe(seed, 10), *given) == proposals(stock, *given)


def test_many_trials_are_split_once_for_each_proposal(monkeypatch):
    counted = []
    monkeypatch.setattr(module, "_FEW", 0)
    monkeypatch.setattr("optuna.samplers._tpe.sampler._split_trials", None)
    monkeypatch.setattr(
        module.GoodTrials, "split", lambda *a, was=module.GoodTrials.split: counted.append(1) or was(*a)
    )
    found = proposals(tpe(5, 10), 5, 400, 3, False, 0.1)
    assert len(counted) == len(found)
    monkeypatch.undo()
    assert found == proposals(tpe(5, 10), 5, 400, 3, False, 0.1)


def test_a_start_that_ended_since_all_was_rejected_leads_to_what_keeps_the_bounds():
    """At random one point in fifty keeps them."""
    study = optuna.create_study(directions=["minimize"] * 2, sampler=tpe(0, 10))
    generator, kept = np.random.default_rng(0), []
    for k in range(120):
        if k < 50:
            study.enqueue_trial({"x": generator.random(), "y": generator.random()})
        trial = study.ask()
        excess = trial.suggest_float("x", 0.0, 1.0) + trial.suggest_float("y", 0.0, 1.0) - 0.2
        trial.set_constraint("c", excess)
        kept.append(excess <= 0)
        if kept[-1]:
            study.tell(trial.number, [generator.random(), generator.random()])
        else:
            trial.set_user_attr("rejected", True)
            study.tell(trial.number, state=TrialState.PRUNED)
    assert sum(kept[:50]) < 5
    assert sum(kept[50:]) > 30


def test_a_history_that_arrays_cannot_show_is_left_to_optuna():
    study = optuna.create_study(directions=["minimize"] * 2, sampler=tpe(0, 1))
    study.add_trials([create_trial(values=[1.0, float(k)]) for k in range(3)])
    study.add_trial(create_trial(values=[float("inf"), 0.0]))
    assert 0 <= study.ask().suggest_float("x", 0, 1) <= 1
    assert not study.sampler._history.plain


@pytest.mark.parametrize("change", ["_sample", "_rng", "_solve_hssp"])
def test_another_version_of_optuna_gets_its_own_sampler(monkeypatch, change):
    assert isinstance(tpe(0, 10), FastTPE)
    if change == "_solve_hssp":
        monkeypatch.setattr(module, "_FOUND", False)
    elif change == "_sample":
        monkeypatch.setattr(TPESampler, "_sample", lambda self, study, trial: {})
    else:
        monkeypatch.setattr(module, "_ATTRIBUTES", ("_random_numbers",))
    assert type(tpe(0, 10)) is TPESampler
    assert not fits(tpe(0, 10))
