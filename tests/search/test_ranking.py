import numpy as np
import pytest
from filled_study import FinishedTrial, fill_study

from paretocaps.domain.measurement import Device, EpochRecord, Measurement, best_epoch
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.requirement import parse_requirements
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.search.corners import FIRST_TRIALS, fixed_corners
from paretocaps.search.ranking import (
    asked_quantities,
    front_trials,
    latest_device,
    ranked_front,
    within,
)
from paretocaps.search.views import front_of, trials_of
from paretocaps.storage.store import Store

ACC_TIME = parse_objectives("acc,time")


def measurement(acc, time, device="cpu one", shared=False, loaded=False, calibration=None, **values):
    return Measurement(
        acc=acc,
        best_epoch=1,
        time=time,
        wall=time,
        params=100,
        device=Device(name=device, kind="cpu", shared=shared, loaded=loaded, calibration=calibration),
        **values,
    )


@pytest.fixture
def store(storage):
    with Store.open(storage, create=True) as store:
        store.create_study("s", {"objectives": ["acc", "time"], "require": []})
        yield store


def fill(store, *measurements, first=0):
    fill_study(
        store,
        "s",
        [FinishedTrial(first + n, {"n": first + n}, {0: one}) for n, one in enumerate(measurements)],
    )


def test_the_front_is_what_nothing_beats(store):
    fill(store, measurement(0.9, 5), measurement(0.8, 1), measurement(0.85, 6), measurement(0.9, 5))
    front = front_of(store, "s", ACC_TIME)
    assert [member.trial for member in front] == [0, 3, 1]
    assert front.members[0].values["params"] == 100


def fixed(store, objectives):
    corners = fixed_corners(store.table("s", asked_quantities(objectives)), objectives)
    return corners and corners.reference


def learned(*accuracies, second=1.0, device="cpu one", calibration=None):
    records = tuple(
        EpochRecord(epoch=n, acc=acc, seconds=second, time=second * n, wall=second * n)
        for n, acc in enumerate(accuracies, start=1)
    )
    best = best_epoch(records)
    made = measurement(best.acc, best.time, device, calibration=calibration)
    return made.model_copy(update={"epochs": records, "best_epoch": best.epoch})


def test_a_stored_study_can_be_asked_when_any_accuracy_was_reached(store, monkeypatch):
    monkeypatch.setattr("paretocaps.search.corners.FIRST_TRIALS", 2)
    fill(store, learned(0.5, 0.9, 0.95), learned(0.9, 0.91), learned(0.3, 0.89))
    front = front_of(store, "s", parse_objectives("acc,time_to(acc=0.9)"))
    assert [(m.trial, m.values["time_to(acc=0.9)"]) for m in front] == [(0, 2.0), (1, 1.0)]
    assert front.left_out == ("1 trial left out: time_to(acc=0.9) was not reached by every seed",)
    sooner = front_of(store, "s", parse_objectives("acc,epochs_to(acc=0.3)"))
    assert [m.trial for m in sooner] == [0]
    assert sooner.left_out == ()
    assert front.reference_point == pytest.approx((0.91 * 0.9, 2.2))
    bounded = front_of(store, "s", ACC_TIME, parse_requirements("time_to(acc=0.9)<1.5"))
    assert [m.trial for m in bounded] == [1]


def test_an_accuracy_that_none_reached_is_an_empty_front_that_says_so(store):
    fill(store, learned(0.5), learned(0.6))
    front = front_of(store, "s", parse_objectives("acc,time_to(acc=0.9)"))
    assert (len(front), front.reference_point, front.hypervolume) == (0, None, 0.0)
    assert front.left_out == ("2 trials left out: time_to(acc=0.9) was not reached by every seed",)


def test_trials_without_a_value_of_another_view_are_named(store):
    fill(store, measurement(0.9, 5), *[measurement(0.8, 1, cpu_time=2.0)] * 2, measurement(0.85, 6))
    front = front_of(store, "s", parse_objectives("acc,cpu_time"))
    assert [member.trial for member in front] == [1, 2]
    assert front.left_out == ("2 trials left out: cpu_time was not measured for every seed (trials 0, 3)",)


def test_the_reference_point_waits_for_as_many_trials_that_have_a_value(store):
    both = parse_objectives("acc,time_to(acc=0.9)")
    fill(store, *[learned(0.5)] * 3, *[learned(0.5, 0.9)] * (FIRST_TRIALS - 1))
    assert fixed(store, both) is None
    fill(store, learned(0.5, 0.9, second=2.0), first=FIRST_TRIALS + 2)
    assert fixed(store, both) == pytest.approx((0.81, 4.4))


def test_times_to_an_accuracy_are_of_a_device_and_scale_by_its_calibration(store):
    fill(store, learned(0.9, calibration=1.0), learned(0.9, 0.95, second=4.0, device="two", calibration=8.0))
    asked = parse_objectives("acc,time_to(acc=0.9)")
    with pytest.raises(UsageError, match="several devices"):
        front_of(store, "s", asked)
    scaled = front_of(store, "s", asked, scale_to="cpu one")
    assert [(m.trial, m.values["time_to(acc=0.9)"]) for m in scaled] == [(1, 0.5)]
    assert len(front_of(store, "s", parse_objectives("acc,epochs_to(acc=0.9)"))) == 1


def test_requirements_leave_trials_out_before_ranking(store):
    fill(store, measurement(0.9, 5), measurement(0.2, 1))
    front = front_of(store, "s", ACC_TIME, parse_requirements(["acc>=0.5"]))
    assert [member.trial for member in front] == [0]
    assert len(front_of(store, "s", ACC_TIME, parse_requirements(["acc>0.95"]))) == 0


def test_the_reference_point_comes_from_the_first_trials_and_stays(store):
    fill(store, *[measurement(0.5 + n / 100, 10 + n) for n in range(FIRST_TRIALS - 1)])
    assert fixed(store, ACC_TIME) is None
    fill(store, measurement(0.4, 3), first=FIRST_TRIALS - 1)
    point = fixed(store, ACC_TIME)
    assert point == pytest.approx((0.36, 17.6))
    store.fix_corners("s", point, (1.0, 0.0))
    fill(store, measurement(0.1, 99), first=FIRST_TRIALS)
    assert fixed(store, ACC_TIME) == point
    assert front_of(store, "s", ACC_TIME).reference_point == point


def test_nothing_is_measured_from_a_reference_point_that_is_not_fixed(store):
    fill(store, *[measurement(0.5 + n / 100, 10 + n) for n in range(FIRST_TRIALS - 1)])
    front = front_of(store, "s", ACC_TIME)
    assert (front.reference_point, front.hypervolume, front.hypervolume_share) == (None, 0.0, None)
    fill(store, measurement(0.4, 3), first=FIRST_TRIALS)
    front = front_of(store, "s", ACC_TIME)
    assert front.ideal_point == (1.0, 0.0)
    assert front.hypervolume_share == pytest.approx(front.hypervolume / (0.64 * 17.6))


def test_another_view_takes_its_reference_from_the_same_trials(store):
    fill(store, *[measurement(0.5 + n / 100, 10 + n) for n in range(12)])
    front = front_of(store, "s", parse_objectives("acc,wall"))
    assert front.reference_point == pytest.approx((0.45, 1.1 * (10 + FIRST_TRIALS - 1)))


def test_what_was_not_measured_names_the_remedy(store):
    fill(store, measurement(0.9, 5))
    with pytest.raises(UsageError, match="did not measure 'memory': start another study with it"):
        front_of(store, "s", parse_objectives("acc,memory"))


def test_times_of_several_devices_are_not_mixed(store):
    fill(store, measurement(0.9, 5), measurement(0.8, 1, "gpu two"))
    with pytest.raises(
        UsageError,
        match=r"time was measured on several .* --measured-on, or give --scale-to .*\(cpu one; gpu two\)",
    ):
        front_of(store, "s", ACC_TIME)
    assert [m.trial for m in front_of(store, "s", ACC_TIME, device="gpu two")] == [1]
    assert len(front_of(store, "s", parse_objectives("acc,params"))) == 1
    with pytest.raises(UnknownNameError, match="unknown device 'gpu three'"):
        front_of(store, "s", ACC_TIME, device="gpu three")
    assert trials_of(store, "s").devices == ("cpu one", "gpu two")


def test_a_bound_on_a_time_does_not_compare_across_devices_either(store):
    fill(store, measurement(0.9, 5), measurement(0.8, 1, "gpu two"))
    with pytest.raises(UsageError, match="time was measured on several devices"):
        front_of(store, "s", parse_objectives("acc,params"), parse_requirements("time<3"))


def test_members_carry_what_to_hold_against_their_times(store):
    fill(
        store,
        measurement(0.9, 5, shared=True, loaded=True),
        measurement(0.8, 2, loaded=True),
        measurement(0.7, 1).model_copy(update={"partial": True}),
        measurement(0.6, 0.5),
    )
    front = front_of(store, "s", ACC_TIME)
    assert [member.flags for member in front] == [("shared", "loaded"), ("loaded",), ("partial",), ()]
    store.save_front(front, store.table("s", ["acc"]))
    assert [member.flags for member in front_of(store, "s")] == [member.flags for member in front]


def test_an_empty_study_has_an_empty_front(store):
    front = front_of(store, "s", ACC_TIME)
    assert (len(front), front.reference_point, front.hypervolume) == (0, None, 0.0)


@pytest.mark.slow
def test_a_front_of_ten_thousand_trials_is_the_brute_force_one(store):
    generator = np.random.default_rng(0)
    values = np.round(generator.random((2000, 2)), 3)
    fill(store, *[measurement(float(a), float(t)) for a, t in values])
    front = front_of(store, "s", ACC_TIME)
    better = (values[:, None, 0] >= values[None, :, 0]) & (values[:, None, 1] <= values[None, :, 1])
    strictly = better & ((values[:, None] != values[None, :]).any(axis=2))
    expected = set(np.flatnonzero(~strictly.any(axis=0)).tolist())
    assert {member.trial for member in front} == expected


def test_a_trial_that_finishes_adds_its_own_rows(store):
    """The front of a table that grew trial by trial is that of the table read at once."""
    asked = asked_quantities(ACC_TIME)
    table = store.table("s", asked)
    for number, one in enumerate([measurement(0.9, 5), measurement(0.8, 1, "two"), measurement(0.85, 6)]):
        fill(store, one, first=number)
        table = table.joined(store.table("s", asked, [number]))
    study, whole = store.study("s"), store.table("s", asked)
    assert ranked_front(study, table, ACC_TIME, device="two") == front_of(store, "s", ACC_TIME, device="two")
    assert latest_device(table) == "cpu one"
    assert front_trials(table, ACC_TIME) == front_trials(whole, ACC_TIME) == [0, 1]


def test_a_collapsed_trial_is_on_no_front_within_bounds(store):
    fill(
        store,
        measurement(0.9, 5),
        measurement(0.92, 1, collapsed=True),  # one class is most of the images
        measurement(0.95, 9, collapsed=False),
    )
    everyone = front_of(store, "s", ACC_TIME, ())
    assert [(member.trial, member.flags) for member in everyone] == [(2, ()), (1, ("collapsed",))]
    assert within(everyone, parse_requirements(["acc>=0.5"])) is None
    assert within(everyone, ()) == everyone
    for bounds in (["acc>=0.5"], ["params<=100"]):
        front = front_of(store, "s", ACC_TIME, parse_requirements(bounds))
        assert [member.trial for member in front] == [2, 0]
        assert [member.trial for member in front.corner] == [1]
        assert front.left_out == ("1 trial apart: collapsed",)
    assert front_of(store, "s", ACC_TIME, parse_requirements(["acc>=0.93"])).left_out == ()


def test_a_collapsed_trial_adds_nothing_to_any_hypervolume_and_hides_nothing(store):
    others = [measurement(0.5 + n / 20, 5 + n, collapsed=False) for n in range(8)]
    fill(store, *others, measurement(0.99, 1, collapsed=True))
    everyone, own = front_of(store, "s", ACC_TIME, ()), front_of(store, "s", ACC_TIME)
    assert [member.trial for member in everyone] == [8]
    assert len(own) == 8
    assert everyone.hypervolume == own.hypervolume > 0
    table = store.table("s", asked_quantities(ACC_TIME))
    later = ranked_front(store.study("s"), table, ACC_TIME, among=[8])
    assert later.hypervolume == own.hypervolume
