import pytest

from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.study_spec import StudySpec
from paretocaps.search.constraints import Constraints
from paretocaps.search.known_trials import KnownTrials
from paretocaps.search.observer import Observer
from paretocaps.search.same_training import SameTraining
from paretocaps.search.study_front import StudyFront
from paretocaps.storage.rejections import RejectedTrial
from paretocaps.storage.store import Store
from paretocaps.testing.probe import PROBE


@pytest.fixture
def constraints(run, storage):
    run(trials=2, designs=())
    spec = StudySpec(study="s", storage=storage, require=("acc>=2", "params<=6", "time<=1M"))
    with Store.open(storage, create=False) as store:
        rejected = RejectedTrial(2, {"learning_rate": 0.1}, "x", "it is too large", {"params": 9.0})
        store.reject_trial("s", rejected)
        standing = StudyFront(spec, parse_objectives("acc,time"), store, Observer())
        yield Constraints(standing, KnownTrials(store, "s", SameTraining(PROBE, 2, None)))


def test_a_finished_trial_breaks_a_bound_by_a_share_of_it(constraints):
    acc = constraints.standing.values(0)["acc"]
    found = constraints.of(0)
    assert found["acc>=2"] == pytest.approx((2 - acc) / 2)
    assert found["params<=6"] == pytest.approx(-0.5)  # the probe has 3
    assert found["time<=1e+06"] < 0


def test_a_rejected_trial_breaks_what_it_was_predicted_to(constraints):
    assert constraints.of(2) == {"acc>=2": 0.0, "params<=6": 0.5, "time<=1e+06": 0.0}


def test_a_trial_of_which_nothing_is_known_breaks_none(constraints):
    assert set(constraints.of(99).values()) == {0.0}


def test_what_another_driver_has_just_finished_is_read(constraints):
    table = constraints.standing.table
    constraints.standing.table = table.only(table.trials == 0)
    assert constraints.of(1)["acc>=2"] > 0


def test_only_a_study_with_stated_bounds_leads_its_sampler(run, monkeypatch):
    led = []
    monkeypatch.setattr("paretocaps.search.opening.constrain", lambda study, of: led.append(of(0)))
    run(trials=1, study="free")
    assert led == []
    run(trials=1, study="led", require=["acc>1"])
    assert led == [{"acc>1": 0.0}]


def test_what_was_rejected_or_stopped_in_a_run_is_known_at_once(run, storage):
    """Also by the sampler of that run: trials that are told later are told alike."""
    asked = {"require": ["params<=3"], "space": {"learning_rate": [0.1, 0.2]}, "designs": (), "reject": True}
    run(trials=2, **asked)
    with Store.open(storage, create=False) as store:
        spec = StudySpec(study="s", storage=storage, require=("params<=3",))
        standing = StudyFront(spec, parse_objectives("acc,time"), store, Observer())
        known = KnownTrials(store, "s", SameTraining(PROBE, 2, None))
        found = Constraints(standing, known)
        store.reject_trial("s", RejectedTrial(2, {"learning_rate": 0.3}, "x", "too large", {"params": 6.0}))
        known.note_rejected(2)
        assert found.of(2) == {"params<=3": 1.0}
        known.update()
        assert (known.states[2], known.counts["rejected"]) == ("rejected", 1)
