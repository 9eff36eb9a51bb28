"""What is known without a training is not trained: it is stored as rejected, with the reason."""

import dataclasses
import re
from types import SimpleNamespace

import numpy as np
import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import TrialState

from paretocaps import service
from paretocaps.domain.forecast import Forecast
from paretocaps.domain.measurement import Measurement
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.space import Space
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import UsageError
from paretocaps.search.outlook import Bounds, Outlook
from paretocaps.search.proposals import MOST_REJECTED
from paretocaps.search.rejection import Rejection, lifted
from paretocaps.storage.store import Store
from paretocaps.testing import probe

RATES = {"learning_rate": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]}


def params(choices):
    return round(1000 * choices["learning_rate"])


def forecasting(data, epochs, ranks):
    return lambda choices: Forecast(
        exact={"params": params(choices)}, estimated={"memory": 1e6 * choices["learning_rate"]}
    )


def train(job, on_epoch) -> Measurement:
    return probe.train(job, on_epoch).model_copy(update={"params": params(job.choices)})


SIZED = dataclasses.replace(
    probe.PROBE,
    name="sized",
    train=f"{__name__}:train",
    forecast=f"{__name__}:forecasting",
    designs={"large": {"learning_rate": 0.8}},
)


@pytest.fixture(autouse=True)
def _sized(monkeypatch):
    monkeypatch.setitem(TRAINERS._entries, "sized", SIZED)


def rejection(forecaster, *bounds):
    """Return what rejects choices of a study without trials."""
    standing = SimpleNamespace(table=(), spec=StudySpec(require=bounds), within=lambda _: None)
    return Rejection(Outlook(standing, Space.parse(RATES), {}, 2, forecaster), parse_objectives("acc,time"))


def sized(run, **options):
    space = options.pop("space", RATES)
    return run(**{"trainer": "sized", "space": space, "designs": (), "sampler": "random", **options})


def states(storage):
    with Store.open(storage, create=False) as store:
        return {trial.number: trial for trial in store.trials("s")}


@pytest.mark.parametrize(
    ("bound", "reason"),
    [
        ("params<=500", "params is 800, which breaks the bound params<=500"),
        ("params>900", "params is 800, which breaks the bound params>900"),
        ("memory<=350k", "memory is 360,000 at best, which breaks the bound memory<=350000"),
        ("params<=800", ""),
        ("memory<=370k", ""),  # a device and a precision may halve it, and it is known to a tenth
        ("acc>=0.99", ""),  # nothing is known of it
    ],
)
def test_a_bound_that_is_broken_at_best_is_the_reason(bound, reason):
    verdict = rejection(forecasting(None, 1, 1), bound).verdict({"learning_rate": 0.8})
    assert (verdict.reason if verdict else "") == reason
    if verdict:
        assert verdict.predicted == pytest.approx({"params": 800, "memory": 3.6e5})


def test_what_needs_more_memory_than_there_is_is_rejected():
    found = rejection(forecasting(None, 1, 1))
    found.outlook.room = 600_000
    assert found.verdict({"learning_rate": 0.8}).reason == "it needs about 0.8 MB of memory, of 0.6 MB in all"
    assert found.verdict({"learning_rate": 0.65}) is None  # it is known to a tenth


def test_without_a_forecast_or_where_choices_do_not_fit_nothing_is_rejected():
    def refusing(choices):
        raise UsageError("too small")

    for forecaster in (None, refusing):
        assert rejection(forecaster, "params<=5").verdict({}) is None


def test_a_rejected_trial_is_stored_and_does_not_count(run, storage):
    summary, watcher = sized(run, require=["params<=500"], trials=5)
    found = states(storage)
    finished = [trial for trial in found.values() if trial.state == "finished"]
    rejected = [trial for trial in found.values() if trial.state == "rejected"]
    assert sorted(params(trial.choices) for trial in finished) == [100, 200, 300, 400, 500]
    assert summary.finished == 5
    assert summary.rejected == len(rejected) == len(watcher.rejected) > 0
    for trial in rejected:
        assert trial.reason == f"params is {params(trial.choices)}, which breaks the bound params<=500"
        assert trial.attempts == ()
    study = optuna.load_study(study_name="s", storage=storage)
    assert {study.trials[trial.number].state for trial in rejected} == {TrialState.PRUNED}
    with Store.open(storage, create=False) as store:
        assert store.predicted("s", rejected[0].number)["params"] == params(rejected[0].choices)
        assert store.unowned("s") == []


def test_nothing_is_rejected_where_that_is_not_wanted(run):
    summary, _ = sized(run, require=["params<=500"], trials=8, reject=False)
    assert (summary.finished, summary.rejected) == (8, 0)


def test_designs_are_trained_whatever_is_known_of_them(run, storage):
    sized(run, require=["params<=500"], designs=("large",), trials=1)
    assert [(trial.design, trial.state) for trial in states(storage).values()] == [("large", "finished")]


def test_a_run_ends_when_all_is_rejected(run, storage):
    space = {"learning_rate": {"low": 0.5, "high": 0.9}}
    summary, watcher = sized(run, space=space, require=["params<=400"], designs=("large",), trials=3)
    assert (summary.finished, summary.rejected, summary.exhausted) == (1, MOST_REJECTED, True)
    assert watcher.notices[-1].startswith(f"{MOST_REJECTED} proposals in a row were rejected")
    with pytest.raises(UsageError, match="give wider bounds"):
        sized(run, study="none", space=space, require=["params<=400"], trials=3)


def test_what_one_bound_rejects_is_trained_when_the_bound_is_lifted(run, storage):
    sized(run, require=["params<=300"], trials=3)
    summary, _ = sized(run, require=["params<=800"], trials=8)
    assert summary.finished == 8


def test_a_rejection_falls_with_its_bound():
    """As far as the trial keeps the bounds that there are now."""
    reasons = {0: "params is 800, which breaks the bound params<=300", 1: "at best trial 2 beats it"}

    def fallen(*bounds, reject=True):
        asked = StudySpec(require=bounds, reject=reject)
        return lifted(reasons, asked, lambda _: {str(b): b.excess(800.0) for b in asked.stated})

    assert fallen("params<=300") == fallen("params<=400") == fallen("params<=200") == frozenset()
    assert fallen("params<=900") == fallen() == {0}
    assert fallen("params<=300", reject=False) == {0, 1}


def test_optuna_is_told_of_what_a_driver_rejected_that_was_killed_before_it_did(run, storage, monkeypatch):
    monkeypatch.setattr("paretocaps.search.proposals.Proposals._prune", killed)
    with pytest.raises(KeyError, match="killed"):
        sized(run, require=["params<=100"], trials=1, seed=3)
    monkeypatch.undo()
    monkeypatch.setitem(TRAINERS._entries, "sized", SIZED)
    (left,) = [number for number, trial in states(storage).items() if trial.state == "rejected"]
    study = optuna.load_study(study_name="s", storage=storage)
    assert study.trials[left].state == TrialState.RUNNING
    sized(run, require=["params<=100"], trials=1, seed=3)
    study = optuna.load_study(study_name="s", storage=storage)
    assert study.trials[left].state == TrialState.PRUNED
    assert study.trials[left].user_attrs["rejected"]
    assert service.load_trials("s", storage)["state"].tolist().count("rejected") >= 1


def killed(*_):
    raise KeyError("killed")


def beaten(members, epochs, names="acc,time,params", scale=1.0):
    """Return the verdict on choices with the given outcomes after each epoch, beside members of a front."""
    objectives = parse_objectives(names)
    front = [
        SimpleNamespace(trial=n, values={"acc": acc, "time": scale * time, "params": params})
        for n, (acc, time, params) in enumerate(members)
    ]
    accs, times, sizes = (np.array(column, dtype=float) for column in zip(*epochs, strict=True))
    known = {"acc": Bounds(0 * accs, accs), "time": Bounds(scale * times, 2 * scale * times)}
    known["params"] = Bounds(sizes[:1], sizes[:1])
    outlook = SimpleNamespace(
        learn=lambda failed: None,
        forecast=lambda choices: Forecast(),
        bounds=lambda choices, told: known,
        point=dict,
        failing=lambda choices, told: "",
        standing=SimpleNamespace(
            table=members, spec=StudySpec(), within=lambda _: FrontOf(front) if front else FrontOf([])
        ),
    )
    return Rejection(outlook, objectives).verdict({})


class FrontOf(list):
    @property
    def members(self):
        return self


values = st.tuples(st.integers(0, 4), st.integers(1, 4), st.integers(1, 4))


@settings(max_examples=60, deadline=None)
@given(st.lists(values, max_size=6), st.lists(values, min_size=1, max_size=3))
def test_nothing_is_rejected_that_may_be_unbeaten_after_some_epoch(members, epochs):
    epochs = [(acc, time, epochs[0][2]) for acc, time, _ in epochs]  # one network
    verdict = beaten(members, epochs)
    everywhere = all(
        any(
            acc >= own[0] and time <= own[1] and params <= own[2] and (acc, time, params) != own
            for acc, time, params in members
        )
        for own in epochs
    )
    assert (verdict is not None) == everywhere
    reason = verdict and verdict.reason
    scaled, other = beaten(members, epochs, scale=60.0), beaten(members, epochs, "params,acc,time")
    assert [one is not None for one in (scaled, other)] == [everywhere, everywhere]
    if reason:
        assert re.search(r"^at best it has acc \d, time \d, params \d, and trial \d beats that$", reason)


def test_an_objective_of_which_nothing_is_known_keeps_all():
    assert beaten([(9, 1, 1)], [(1, 9, 9)]) is not None
    assert beaten([(9, 1, 1)], [(1, 9, 9)], "acc,time,latency") is None


def test_a_study_of_an_older_version_goes_on_without_rejection_and_with_its_bound_of_display(run, storage):
    sized(run, trials=2)
    with Store.open(storage, create=False) as store:
        older = {name: value for name, value in store.study("s").spec.items() if name != "reject"}
        store.set_spec("s", older | {"require": None})
    sized(run, trials=3)
    with Store.open(storage, create=False) as store:
        spec = StudySpec.model_validate(store.study("s").spec)
    assert (spec.reject, spec.require, spec.stated) == (False, None, ())
    assert [str(bound) for bound in spec.requirements] == ["acc>=0.9"]


@pytest.mark.parametrize("sampler", ["qmc", "grid"])
def test_a_sequence_goes_on_behind_what_was_rejected_before(run, storage, monkeypatch, sampler):
    monkeypatch.setattr("paretocaps.search.proposals.MOST_REJECTED", 12)
    space = {"learning_rate": [place / 50 for place in range(1, 51)]}
    for trials in (5, 8):
        sized(run, space=space, sampler=sampler, trials=trials, require=["params<=250"])
    found = [trial.state for trial in states(storage).values()]
    assert found.count("finished") == 8
    assert found.count("rejected") > 12, "in a row they would have ended the second run"
