from dataclasses import replace
from types import SimpleNamespace

import pytest

from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.study_spec import StudySpec
from paretocaps.search.observer import Observer
from paretocaps.search.study_front import StudyFront
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


def replace_acc(measurement):
    return measurement.model_copy(update={"acc": measurement.acc * 0.999})


def test_a_trial_without_an_objective_or_collapsed_is_worth_nothing(standing):
    standing.objectives = parse_objectives("acc,time_to(acc=1)")
    assert standing.objective_values(0) is None
    standing.objectives = parse_objectives("acc,params")
    assert standing.objective_values(0) is not None
    standing.table.collapsed[0] = 1
    assert standing.objective_values(0) is None
