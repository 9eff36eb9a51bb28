import math

import pytest

from paretocaps.errors import DivergedError, StorageError, UsageError
from paretocaps.storage.records import ImportedTrial


def many(measure, count):
    return [
        ImportedTrial(
            number=number,
            choices={"batch_size": number},
            measurements={
                seed: measure(acc=number / count, time=1.0 + seed, quantities={"robust": 0.5})
                for seed in (4, 5)
            },
            design="wab" if number == 0 else None,
        )
        for number in range(count)
    ]


def test_imported_trials_are_like_any_other(store, finish, measure):
    assert store.import_trials("s", many(measure, 20)) == 20
    table = store.table("s", ["acc", "time", "robust"])
    assert table.values[10].tolist() == [0.5, 5.5, 0.5]
    assert table.seeds.tolist() == [2] * 20
    trial = store.trial("s", 0)
    assert (trial.state, trial.design, trial.choices) == ("finished", "wab", {"batch_size": 0})
    assert [attempt.key.seed for attempt in trial.attempts] == [4, 5]
    assert trial.attempts[1].measurement == many(measure, 20)[0].measurements[5]
    assert [one.choices["batch_size"] for one in store.trials("s")] == list(range(20))


def test_studies_are_kept_apart(store, measure):
    store.create_study("other", {})
    store.import_trials("s", many(measure, 2))
    store.import_trials("other", many(measure, 3))
    assert (len(store.table("s", ["acc"])), len(store.table("other", ["acc"]))) == (2, 3)


def test_more_can_be_added_later(store, measure):
    first, second = many(measure, 2)
    store.import_trials("s", [second])
    store.import_trials("s", [first])
    assert store.table("s", ["acc"]).trials.tolist() == [0, 1]
    assert store.import_trials("s", []) == 0


def test_all_or_none(store, finish, measure):
    finish(1)
    with pytest.raises(StorageError, match="already has a trial with one of these numbers"):
        store.import_trials("s", many(measure, 2))
    with pytest.raises(UsageError, match="trial 5 has no measurement"):
        store.import_trials("s", [*many(measure, 1), ImportedTrial(5, {})])
    with pytest.raises(DivergedError, match="measured time is inf"):
        store.import_trials("s", [*many(measure, 1), ImportedTrial(5, {}, {0: measure(time=math.inf)})])
    assert [trial.number for trial in store.trials("s")] == [1]
