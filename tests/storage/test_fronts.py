import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest, sem, t

from paretocaps.domain.failure import Failure
from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import parse_objectives
from paretocaps.errors import DivergedError
from paretocaps.storage.connect import make_engine

OBJECTIVES = parse_objectives("acc,time")


def front(*numbers, hypervolume=1.5, point=(0.1, 9.9), objectives=OBJECTIVES):
    members = tuple(FrontMember(number, {}, {}) for number in numbers)
    return FrontRecord("s", objectives, point, hypervolume, members)


@pytest.fixture
def rows(url):
    engine = make_engine(url, create=False)

    def count():
        with engine.connect() as connection:
            return connection.exec_driver_sql("SELECT count(*) FROM paretocaps_fronts").scalar()

    yield count
    engine.dispose()


@pytest.fixture
def save(store):
    """Store a front of all trials that have finished."""
    return lambda record: store.save_front(record, store.table("s", ["acc"]))


@pytest.fixture
def load(store):
    """Read the front that is stored, with accuracy and time of its members."""
    return lambda objectives=OBJECTIVES: store.stored_front("s", objectives, ["acc", "time"])


def test_a_front_comes_back_with_its_members(finish, save, load):
    finish(0, acc=0.8, time=1.0, choices={"a": 1})
    finish(1, seed=1, acc=0.9, time=2.0)
    finish(1, seed=2, acc=1.0, time=4.0)
    finish(2)
    assert load() is None
    assert save(replace(front(1, 0), devices=("cpu",), unreached={"time_to(acc=0.9)": 2})) == "stored"
    found = load()
    assert (found.hypervolume, found.reference_point, found.members) == (1.5, (0.1, 9.9), (1, 0))
    assert (found.devices, found.unreached) == (("cpu",), {"time_to(acc=0.9)": 2})
    assert found.table.trials.tolist() == [0, 1]
    assert found.table.values[1] == pytest.approx([0.95, 3.0])


def test_sql_finds_each_member_s_values_with_their_intervals(store, finish, save, url):
    """An own recomputation: from the attempts' rows, with scipy."""
    accs = {1: [0.8, 0.85, 0.96], 0: [0.7]}
    for number, values in accs.items():
        for seed, acc in enumerate(values):
            finish(number, seed=seed, acc=acc, time=acc * 10, validation_images=40)
    table = store.table("s", ["acc", "time"])
    members = tuple(FrontMember(n, {}, {}, estimates=table.estimates(table.row(n))) for n in accs)
    record = replace(front(), members=members)
    assert save(record) == "stored"
    assert save(record) == "unchanged"  # and still each value is there once
    engine = make_engine(url, create=False)
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT trial, value, n, sd, low, high FROM paretocaps_front_values JOIN paretocaps_fronts"
            " ON paretocaps_fronts.id = front_id WHERE paretocaps_front_values.name = 'acc' ORDER BY trial"
        ).all()
        attempts = connection.exec_driver_sql(
            "SELECT number, acc, validation_images FROM paretocaps_attempts JOIN paretocaps_trials"
            " ON paretocaps_trials.id = trial_id ORDER BY number, seed"
        ).all()
    engine.dispose()
    ((_, share, images),) = (row for row in attempts if row[0] == 0)
    wilson = binomtest(round(share * images), images).proportion_ci(0.95, "wilson")
    assert found[0] == (0, 0.7, 1, None, pytest.approx(wilson.low), pytest.approx(wilson.high))
    seeds = [row[1] for row in attempts if row[0] == 1]
    low, high = t.interval(0.95, len(seeds) - 1, np.mean(seeds), sem(seeds))
    assert found[1] == pytest.approx((1, np.mean(seeds), 3, np.std(seeds, ddof=1), low, min(high, 1.0)))


def test_an_empty_front_comes_back(save, load):
    assert save(front(hypervolume=0.0, point=None)) == "stored"
    found = load()
    assert (found.reference_point, found.hypervolume, found.members) == (None, 0.0, ())


def test_a_front_is_read_as_long_as_it_is_of_all_trainings(store, finish, save, load):
    finish(0)
    save(front(0))
    store.start_trial("s", 7, {})
    store.fail_trial("s", 7, Failure("no"))
    assert load() is not None
    for number, seed in ((1, 0), (0, 1), (0, 0)):  # another trial, another seed, a seed again
        finish(number, seed=seed)
        assert load() is None
        assert save(front(0)) == "unchanged"
        assert load() is not None


def test_a_front_whose_member_is_not_there_is_not_read(finish, save, load):
    finish(0)
    save(front(0, 7))
    assert load() is None


def test_a_front_of_some_trials_only_is_not_read(store, finish, load):
    for number in range(2):
        finish(number)
    store.save_front(front(0), store.table("s", ["acc"], [0]))
    assert load() is None


def test_the_history_has_every_front_and_since_when(store, finish, save):
    for number, (record, device) in enumerate(
        [(front(0, point=None, hypervolume=0), None), (front(0), None), (front(0), "b"), (front(0, 3), "b")]
    ):
        finish(number)
        save(replace(record, device=device))
    steps = store.front_history("s", OBJECTIVES)
    assert [(s.trials, s.hypervolume, s.reference_point, s.device) for s in steps] == [
        (1, 0, None, None),
        (2, 1.5, (0.1, 9.9), "b"),
        (4, 1.5, (0.1, 9.9), "b"),
    ]
    assert store.front_history("s", parse_objectives("acc,params")) == []


def test_a_front_is_stored_when_it_changed(finish, save, rows):
    for number in range(3):
        finish(number)
    changes = [
        (front(0), "stored"),
        (front(0), "unchanged"),
        (front(0, 1), "stored"),
        (front(1, 0), "stored"),
        (front(1, 0, hypervolume=1.6), "stored"),
        (front(1, 0, hypervolume=1.6), "unchanged"),
        (front(1, 0, hypervolume=1.6, point=(0.2, 9.9)), "stored"),
        (front(1, 0), "stored"),
    ]
    assert [save(record) for record, _ in changes] == [changed for _, changed in changes]
    assert rows() == 6


def test_fronts_over_other_objectives_are_others(finish, save, load):
    finish(0)
    finish(1)
    other = parse_objectives("acc,params")
    save(front(0))
    assert save(front(1, objectives=other)) == "stored"
    assert load().members == (0,)
    assert load(other).members == (1,)


@pytest.mark.parametrize("bad", [{"hypervolume": math.inf}, {"point": (math.nan, 1.0)}])
def test_a_front_is_finite(save, rows, bad):
    with pytest.raises(DivergedError, match="must be finite"):
        save(front(**bad))
    assert rows() == 0


def test_a_front_that_others_have_gone_past_is_not_stored(store, finish):
    finish(0)
    change, _ = store.changes("s")
    table = store.table("s", ["acc"])
    store.start_trial("s", 1, {"a": 1})
    assert store.save_front(front(0), table, change) == "stored"  # no other trial has finished
    finish(1)
    assert store.save_front(front(0), table, change) == "stale"
    change, _ = store.changes("s", change)
    assert store.save_front(front(0), store.table("s", ["acc"]), change) == "unchanged"


def test_trials_that_were_told_are_released_with_the_front(store, finish):
    store.register_driver("s", "a", "host", 7)
    own = store.as_driver("a")
    own.start_trial("s", 0, {"a": 1})
    finish(0)
    assert store.changes("s")[1][0].driver == "a"
    own.save_front(front(0), store.table("s", ["acc"]), told=[0])
    assert store.changes("s")[1][0].driver is None
