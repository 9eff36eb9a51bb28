import sqlite3
from contextlib import closing
from types import SimpleNamespace

import pytest

from paretocaps import service
from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import UsageError
from paretocaps.search.checked_study import check_study
from paretocaps.search.ending import GAIN, Ending
from paretocaps.search.observer import Observer
from paretocaps.search.study_front import StudyFront
from paretocaps.storage.store import Store

POINT, IDEAL = (0.0, 9.0), (1.0, -1.0)


class Front(tuple):
    """A front without members, whose share of the hypervolume is told."""

    def __new__(cls, share):
        front = super().__new__(cls)
        front.hypervolume_share = share
        return front


def ending(volumes=(), *, seconds=None, notices=None, remains=None, **spec):
    """Return the ending of a study whose hypervolume was `volumes` (of 10) after 8, 9, ... trials."""
    seconds = dict(seconds or {})
    finished = 7 + len(volumes)
    step = SimpleNamespace(reference_point=POINT)
    steps = [SimpleNamespace(trials=n, hypervolume=v, **vars(step)) for n, v in enumerate(volumes, 8)]
    store = SimpleNamespace(
        seconds_by_trial=lambda _, numbers=None: {
            n: s for n, s in seconds.items() if numbers is None or n in numbers
        },
        front_history=lambda *_: steps,
    )
    front = Front(volumes[-1] / 10) if volumes else None
    corners = SimpleNamespace(reference_point=POINT, ideal_point=IDEAL)
    standing = SimpleNamespace(record=corners, table=range(finished), front=front)
    observer = SimpleNamespace(
        notice=(notices if notices is not None else []).append,
        remains=(remains if remains is not None else []).append,
    )
    results = SimpleNamespace(
        spec=StudySpec(**spec), store=store, standing=standing, observer=observer, objectives=(),
        known=SimpleNamespace(ended=finished, states={}),
    )  # fmt: skip
    return Ending(results), seconds


def test_a_study_without_a_budget_or_stability_goes_on():
    found, _ = ending([1.0] * 50, seconds={0: 1e9})
    assert not found.reached(others=True)
    assert not ending([1.0] * 50, seconds={0: 1e9}, budget="off", until_stable=0)[0].reached(others=True)


def test_the_budget_is_of_all_training_seconds_and_is_said_once():
    notices = []
    found, seconds = ending([1.0], seconds={0: 50.0, 1: 9.0}, notices=notices, budget="1m")
    assert not found.reached(others=False)
    seconds[2] = 1.5
    found.note(2)
    assert found.reached(others=False)
    assert found.reached(others=False)
    assert notices == ["the budget of 1m of training is spent (60.5 s): no further trial begins"]


def test_trainings_of_other_drivers_spend_the_budget_too():
    found, seconds = ending([1.0], seconds={0: 50.0}, budget="1m")
    seconds[1] = 20.0
    assert not found.reached(others=False)
    assert found.reached(others=True)


def test_a_front_is_stable_when_it_grew_by_less_than_a_thousandth():
    grown = [1.0, 1.1, 1.2, 1.2001, 1.2002, 1.2003]
    found, _ = ending(grown, until_stable=3)
    assert found.reached(others=False)
    assert found.reason == "the hypervolume grew by 0.025 % over the last 3 finished trials"
    assert not ending(grown, until_stable=4)[0].reached(others=False)


@pytest.mark.parametrize("trials", [1, 2, 5])
def test_it_is_not_stable_before_enough_trials_have_followed_those_that_fix_the_corners(trials):
    assert ending([1.0] * (trials + 1), until_stable=trials)[0].reached(others=False)
    assert not ending([1.0] * trials, until_stable=trials)[0].reached(others=False)


def test_what_remains_is_bounded_by_the_trials_and_by_the_budget():
    told = []
    found, _ = ending([1.0] * 9, seconds=dict.fromkeys(range(16), 2.0), remains=told, trials=20, budget="36s")
    found.note(15)
    assert (told[0].trials, told[0].seconds, told[0].budget) == (2, 4.0, 4.0)
    assert ending([1.0] * 9, seconds={0: 32.0}, trials=20)[0].remaining.trials == 4
    assert ending(trials=20)[0].remaining.hypervolume is None


def test_the_hypervolume_is_expected_to_gain_half_of_what_the_last_doubling_did():
    found, _ = ending([4.0] * 8 + [6.0], trials=32)
    remaining = found.remaining
    assert remaining.hypervolume == 0.6
    assert remaining.expected == pytest.approx(0.6 + GAIN * 0.2)
    assert ending([4.0] * 8 + [6.0], trials=16)[0].remaining.expected == 0.6


class Remembers(Observer):
    def __init__(self):
        self.told = []

    def remains(self, remaining):
        self.told.append(remaining)


def test_with_bounds_the_hypervolume_is_that_of_the_front_that_is_shown(storage):
    """The bound leaves out the most accurate trials, which would else be all that grows."""
    told = Remembers()
    flags = {"study": "s", "storage": storage, "trainer": "probe", "executor": "inline", "epochs": 2}
    flags |= {"objectives": "acc,time", "trials": 12, "sampler": "qmc", "require": "acc<=0.95"}
    service.optimize(flags, observer=told)
    within = service.load_history("s", storage)["hypervolume"]
    without = service.load_history("s", storage, require=())["hypervolume"]
    assert within.iloc[-1] != without.iloc[-1]
    assert told.told[-1].hypervolume == pytest.approx(within.iloc[-1])
    checked = check_study(StudySpec(**flags))
    with Store.open(storage, create=False) as store:
        standing = StudyFront(checked.spec, checked.objectives, store, Observer())
        known = SimpleNamespace(ended=12, states={})
        results = SimpleNamespace(
            spec=checked.spec, store=store, standing=standing, observer=told, objectives=checked.objectives,
            known=known,
        )  # fmt: skip
        resumed = Ending(results)
        found = [resumed._share_at(finished) for finished in range(8, 13)]
    assert found == pytest.approx(within.tolist()[-5:])


def test_a_bounded_study_goes_on_where_its_device_has_changed(run, storage):
    run(trials=10, require="acc>=0.5", until_stable=9)
    with closing(sqlite3.connect(storage.removeprefix("sqlite:///"))) as database:
        database.execute("UPDATE paretocaps_attempts SET device_name = 'another' WHERE id <= 9")
        database.commit()
    summary, _ = run(trials=12, require="acc>=0.5", until_stable=9)
    assert summary.finished == 12
    assert summary.ended == ""


def test_a_study_goes_on_with_a_bound_of_which_nothing_was_measured(run, storage):
    """No trial keeps it: the run neither fails nor ends, and what is rejected is judged without a front."""
    run(trials=40)
    with closing(sqlite3.connect(storage.removeprefix("sqlite:///"))) as database:
        database.execute("UPDATE paretocaps_attempts SET memory = NULL")
        database.commit()
    told = Remembers()
    flags = {"study": "s", "storage": storage, "trainer": "probe", "executor": "inline", "epochs": 2}
    flags |= {"objectives": "acc,time", "trials": 42, "require": "memory<1e12", "until_stable": 5}
    summary = service.optimize(flags, observer=told)
    assert (summary.finished, summary.ended) == (42, "")
    assert {remaining.hypervolume for remaining in told.told} == {0.0}


def test_a_front_that_is_less_on_another_device_is_not_stable():
    assert not ending([5.0] * 9 + [0.5], until_stable=5)[0].reached(others=False)


def test_a_study_whose_budget_is_spent_begins_no_further_trial(run, storage):
    summary, watcher = run(trials=6, budget="0.000001s")
    assert summary.finished == 1
    assert summary.ended.startswith("the budget of 1e-06s of training is spent")
    assert watcher.notices[-1].endswith("no further trial begins")
    again, _ = run(trials=6, budget="off")
    assert (again.finished, again.ended) == (6, "")
    with Store.open(storage, create=False) as store:
        assert store.study("s").spec["budget"] == "off"


def test_other_values_are_refused(run):
    with pytest.raises(UsageError, match="until_stable=-1 is not allowed"):
        run(until_stable=-1)
    with pytest.raises(UsageError, match="budget='soon' is not a duration"):
        run(budget="soon")


def test_seconds_of_trials_that_others_ended_count():
    found, seconds = ending([1.0] * 5, seconds={0: 4.0}, budget=20)
    seconds |= {1: 9.0, 2: 5.0}
    found.results.known.states = {0: "finished", 1: "finished", 2: "running"}
    found.note(0)
    assert found.remaining.budget == 20 - 4 - 9
    assert not found.reached(others=True)  # which reads what runs, too
    seconds[2] = 8.0
    assert found.reached(others=False)  # and once more when the others have ended


@pytest.mark.slow
def test_a_study_whose_front_no_longer_grows_ends_and_goes_on_when_asked(run):
    summary, _ = run(trials=60, objectives="params,macs", until_stable=5)
    assert 8 <= summary.finished < 60
    assert summary.ended.startswith("the hypervolume grew by")
    again, _ = run(trials=summary.finished + 2, objectives="params,macs", until_stable=0)
    assert (again.finished, again.ended) == (summary.finished + 2, "")
