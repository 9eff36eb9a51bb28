"""What is asked of a stored study: read as it is stored where it is, ranked where it is not."""

from datetime import UTC, datetime
from itertools import product

import numpy as np
import pytest
from filled_study import FinishedTrial, fill_study
from sqlalchemy import event

from paretocaps.domain.measurement import Device, Measurement
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.requirement import parse_requirements
from paretocaps.search import views
from paretocaps.search.levels import with_levels
from paretocaps.search.ranking import asked_quantities, ranked_front, within
from paretocaps.search.views import front_of, trials_of
from paretocaps.storage.quantity_table import by_trial
from paretocaps.storage.records import StudyRecord
from paretocaps.storage.schema import PREFIX
from paretocaps.storage.store import Store

ACC_TIME = parse_objectives("acc,time")


def measurement(acc, time, params=100, device="cpu"):
    where = Device(name=device, kind="cpu")
    return Measurement(acc=acc, best_epoch=1, time=time, wall=time, params=params, device=where)


@pytest.fixture
def store(storage):
    with Store.open(storage, create=True) as store:
        store.create_study("s", {"objectives": ["acc", "time"], "require": ["acc>=0.9"]})
        yield store


def fill(store, *measurements, first=0):
    fill_study(
        store,
        "s",
        [FinishedTrial(first + n, {"n": first + n}, {0: one}) for n, one in enumerate(measurements)],
    )


def save(store):
    """Store the whole front as the driver does."""
    table = store.table("s", asked_quantities(ACC_TIME))
    store.save_front(ranked_front(store.study("s"), table, ACC_TIME), table)


TRIALS = (measurement(0.95, 9), measurement(0.92, 4, 50), measurement(0.7, 1), measurement(0.91, 8, 10))


@pytest.fixture
def filled(store):
    fill(store, *TRIALS)
    save(store)
    return store


def numbers(front):
    return [member.trial for member in front]


def test_a_study_s_own_front_is_read_within_its_bounds(filled, monkeypatch):
    monkeypatch.setattr(views, "ranked_front", None)  # whoever ranks fails
    front = front_of(filled, "s")
    assert (numbers(front), front.within) == ([0, 1], "acc>=0.9")
    assert front.members[1].values["params"] == 50
    assert numbers(front_of(filled, "s", requirements=())) == [0, 1, 2]
    assert numbers(front_of(filled, "s", ACC_TIME, parse_requirements("acc>0.8,time<5"))) == [1]


def test_a_study_of_a_version_with_a_default_bound_is_shown_within_it(store):
    store.create_study("older", {"objectives": ["acc", "time"], "require": None})
    assert front_of(store, "older").within == "acc>=0.9"


def test_a_study_without_bounds_leaves_out_what_collapsed_unless_all_is_asked_for(store):
    store.create_study("free", {"objectives": ["acc", "time"], "require": []})
    measured = measurement(0.1, 1).model_copy(update={"collapsed": True}), measurement(0.3, 2)
    fill_study(store, "free", [FinishedTrial(n, {"n": n}, {0: one}) for n, one in enumerate(measured)])
    assert numbers(front_of(store, "free")) == [1]
    assert front_of(store, "free").apart == "1 trial apart: collapsed"
    assert numbers(front_of(store, "free", requirements=())) == [1, 0]


def test_where_no_trial_keeps_the_bounds_the_nearest_are_known(filled):
    front = front_of(filled, "s", None, parse_requirements("acc>=0.94,time<=5,params<=80"))
    assert (numbers(front), front.requirements[0].bound) == ([], 0.94)
    assert [member.trial for member in front.nearest] == [1, 2, 0]  # 1 misses by 0.02 of 0.94
    assert front_of(filled, "s").nearest == ()
    assert front_of(filled, "s", None, parse_requirements("time<=0.1"), device="cpu").nearest[0].trial == 2


def test_what_is_read_is_what_would_be_ranked(filled):
    study, table = filled.study("s"), filled.table("s", asked_quantities(ACC_TIME))
    for bounds in ("", "acc>=0.9", "acc>0.94,time<=9", "time<1"):
        asked = parse_requirements(bounds)
        read = front_of(filled, "s", None, asked)
        ranked = with_levels(filled, ranked_front(study, table, ACC_TIME, asked))
        assert read == ranked
        assert read.as_dict() | {"nearest": []} == ranked.as_dict()
        assert read.tunings == filled.tunings("s")
        assert (read.devices, read.requirements) == (ranked.devices, ranked.requirements)


def test_bounds_on_anything_else_are_kept_before_the_front_is_ranked(filled):
    assert numbers(front_of(filled, "s", None, parse_requirements("params<20"))) == [3]
    assert numbers(front_of(filled, "s", None, parse_requirements("acc<0.92"))) == [3, 2]


def test_a_front_that_is_older_than_its_trials_is_not_read(filled):
    fill(filled, measurement(0.99, 0.5), first=4)
    assert numbers(front_of(filled, "s")) == [4]
    save(filled)
    assert numbers(front_of(filled, "s")) == [4]


def test_the_front_of_one_device_is_not_read_for_several(filled):
    fill(filled, measurement(0.99, 0.5, device="gpu"), first=4)
    table = filled.table("s", asked_quantities(ACC_TIME))
    filled.save_front(ranked_front(filled.study("s"), table, ACC_TIME, device="gpu"), table)
    with pytest.raises(Exception, match="several devices"):
        front_of(filled, "s")
    assert numbers(front_of(filled, "s", device="cpu")) == [0, 1]


def test_a_stored_front_takes_few_statements(filled):
    seen = []
    engine = filled._database.engine
    event.listen(engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    front_of(filled, "s")
    assert 0 < len([statement for statement in seen if PREFIX in statement]) <= 12


def test_all_trials_are_there_whatever_the_bounds(filled):
    assert [member.trial for member in trials_of(filled, "s").members] == [0, 1, 2, 3]
    (first, *_) = trials_of(filled, "s", parse_objectives("epoch_time,macs")).members
    assert first.values["epoch_time"] == 9


@pytest.mark.parametrize("seed", range(8))
def test_bounds_from_the_worse_side_commute_with_ranking(seed):
    """Few distinct values, so that trials are equal, beaten, and right on the bounds."""
    values = np.random.default_rng(seed).integers(0, 6, (30, 2)) / 5
    count = len(values)
    columns = {"number": range(count), "choices": ["{}"] * count, "design": [None] * count}
    columns |= {"attempt": [1] * count, "device_name": ["cpu"] * count, "torch": [""] * count}
    columns |= {
        "calibration": [None] * count,
        "shared": [False] * count,
        "loaded": [None] * count,
        "retuned": [None] * count,
        "partial": [None] * count,
        "collapsed": [None] * count,
    }
    columns |= {"validation_images": [None] * count, "test_images": [None] * count}
    table = by_trial(("acc", "time"), columns, values)
    study = StudyRecord("s", datetime.now(UTC), {"objectives": ["acc", "time"]}, (-1.0, 2.0))
    front = ranked_front(study, table, ACC_TIME)
    for acc, time in product((0.0, 0.4, 0.8, 1.0), (0.2, 0.6, 1.1)):
        bounds = parse_requirements([f"acc>={acc}", f"time<{time}"])
        assert within(front, bounds) == ranked_front(study, table, ACC_TIME, bounds)
