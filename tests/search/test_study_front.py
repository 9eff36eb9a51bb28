from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.measurement import IMAGES
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.requirement import Requirement
from paretocaps.domain.study_spec import StudySpec
from paretocaps.search.observer import Observer
from paretocaps.search.study_front import StudyFront
from paretocaps.storage.quantity_table import by_trial
from paretocaps.storage.records import StudyRecord
from paretocaps.storage.store import Store


@pytest.fixture
def standing(run, storage):
    run(trials=2)
    spec = StudySpec(study="s", storage=storage, trials=2)
    with Store.open(storage, create=False) as store:
        yield StudyFront(spec, parse_objectives("acc,time"), store, Observer())


def test_it_has_the_finished_trials_and_their_front(standing):
    assert standing.table.trials.tolist() == [0, 1]
    standing.update()
    assert standing.front == standing.within(())
    assert standing.objective_values(1) == [standing.values(1)["acc"], standing.values(1)["time"]]
    standing.read([0, 1])
    assert standing.table.trials.tolist() == [0, 1]


def test_a_front_within_bounds_is_made_anew_when_a_member_has_a_further_seed(standing):
    bounds = (Requirement.parse("acc>=0.1"),)
    first = standing.within(bounds)
    assert standing.within(bounds) is first
    member = first.members[0].trial
    key = standing.store.start_attempt("s", member, 9)
    standing.store.finish_attempt(key, replace_acc(standing.store.trial("s", member).attempts[0].measurement))
    standing.read([member])
    assert len(standing.table) == 2
    assert standing.within(bounds) != first


def test_values_are_stored_again_only_where_they_have_changed(standing):
    store, stored = standing.store, []
    save, standing.store = store.save_front, SimpleNamespace(table=store.table, weights_unused=lambda *_: [])
    standing.store.save_front = lambda *args, values: stored.append(values) or save(*args, values=values)
    standing.record = replace(standing.record, reference_point=(0.0, 99.0))
    member = standing.within(()).members[0].trial
    for _ in range(2):
        assert standing.update()
    key = store.start_attempt("s", member, 9)
    store.finish_attempt(key, replace_acc(store.trial("s", member).attempts[0].measurement))
    before = standing.front
    standing.read([member])
    assert standing.update()
    assert standing.front != before
    assert stored == [True, False, True]
    change, _ = store.changes("s")
    assert not standing.update(change - 1)  # another trial has finished
    assert standing.update(change)
    assert stored == [True, False, True, False, True]


@given(st.data())
def test_a_front_that_grows_trial_by_trial_is_that_of_all_trials(data):
    kinds = st.tuples(st.integers(0, 9), st.integers(1, 4), st.integers(1, 4), st.sampled_from("ab"))
    trainings = {}
    record = StudyRecord("s", None, {"objectives": ("acc", "time")}, (0.0, 9.0), ideal_point=(1.0, 1.0))

    def table(study, quantities, numbers=()):
        rows = [(number, *trainings[number]) for number in sorted(numbers)]
        of = {"torch": "", "design": "", "calibration": 1.0}
        of |= dict.fromkeys(("shared", "loaded", "partial", "retuned", "collapsed"), False)
        columns = {name: [value] * len(rows) for name, value in of.items()}
        columns |= {"number": [row[0] for row in rows], "device_name": [row[3] for row in rows]}
        columns |= {"attempt": [1] * len(rows), "choices": ["{}"] * len(rows)}
        columns |= {name: [None] * len(rows) for name in IMAGES}
        values = [
            [{"acc": row[1] / 9, "time": float(row[2])}.get(q, 0.0) for q in quantities] for row in rows
        ]
        return by_trial(
            tuple(quantities), columns, np.array(values, dtype=float).reshape(len(rows), len(quantities))
        )

    store = SimpleNamespace(
        study=lambda name: record,
        table=table,
        save_front=lambda *_, values: "stored",
        weights_unused=lambda *_: [],
    )
    grown = StudyFront(StudySpec(study="s"), parse_objectives("acc,time"), store, Observer())
    for number, *values in data.draw(st.lists(kinds, min_size=1, max_size=12)):
        trainings[number] = values
        grown.read([number])
        if data.draw(st.booleans()):
            grown.update()
            assert grown.front == grown.within(())


def replace_acc(measurement):
    return measurement.model_copy(update={"acc": measurement.acc * 0.999})


def test_a_trial_without_an_objective_or_collapsed_is_worth_nothing(standing):
    standing.objectives = parse_objectives("acc,time_to(acc=1)")
    assert standing.objective_values(0) is None
    standing.objectives = parse_objectives("acc,params")
    assert standing.objective_values(0) is not None
    standing.table.collapsed[0] = 1
    assert standing.objective_values(0) is None


def test_weights_of_answers_within_bounds_are_kept_although_others_beat_them(standing):
    columns = {"acc": [0.9, 0.8], "time": [1.0, 2.0], "params": [9.0, 1.0]}  # the second one keeps the bound
    table = standing.store.table("s", (*columns,))
    values = np.array([columns[name] for name in table.quantities]).T
    standing.spec = standing.spec.model_copy(update={"require": ("params<=1",)})
    standing.table = replace(table, values=values)
    kept = []
    standing.store = SimpleNamespace(weights_unused=lambda study, keep, change: kept.append(set(keep)) or [])
    standing._members = {0: None}
    standing._drop_weights(SimpleNamespace(devices=("one",)), None)
    assert kept == [{0, 1}]
