import numpy as np
import pytest
from filled_study import FinishedTrial, fill_study
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.measurement import Device, Measurement
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.requirement import parse_requirements
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.search.device_times import scaled
from paretocaps.search.views import front_of, trials_of
from paretocaps.storage.quantity_table import by_trial
from paretocaps.storage.store import Store

ACC_TIME = parse_objectives("acc,time")


def measurement(acc, time, device, calibration, memory=None):
    where = Device(name=device, kind="cpu", calibration=calibration)
    values = {"best_epoch": 1, "wall": 2 * time, "params": 100, "memory": memory, "cpu_time": time}
    return Measurement(acc=acc, time=time, device=where, **values)


@pytest.fixture
def store(storage):
    """Two trials on a slow device, three on one that is ten times faster; one calibration is off."""
    trials = [
        measurement(0.9, 50.0, "slow", 1.0),
        measurement(0.8, 10.0, "slow", 1.0),
        measurement(0.85, 2.0, "fast", 0.1),
        measurement(0.7, 0.9, "fast", 0.1),
        measurement(0.6, 0.8, "fast", 0.3),
    ]
    with Store.open(storage, create=True) as store:
        store.create_study("s", {"objectives": ["acc", "time"], "require": []})
        fill_study(store, "s", [FinishedTrial(n, {"n": n}, {0: one}) for n, one in enumerate(trials)])
        store.fix_corners("s", (0.1, 1000.0), (1.0, 0.0))
        yield store


def test_times_are_in_seconds_of_one_device(store):
    front = front_of(store, "s", ACC_TIME, scale_to="slow")
    assert [(m.trial, m.values["time"], m.values["wall"]) for m in front] == [
        (0, 50.0, 100.0),
        (2, pytest.approx(20.0), pytest.approx(40.0)),
        (1, 10.0, 20.0),
        (3, pytest.approx(9.0), pytest.approx(18.0)),
        (4, pytest.approx(8.0), pytest.approx(16.0)),
    ]
    assert front.scaled_to == "slow"
    assert front.measured_on == "times of 2 devices, scaled to seconds of slow by their calibrations"
    assert front.as_dict()["scaled_to"] == "slow"
    again = front_of(store, "s", ACC_TIME, scale_to="fast")
    assert [m.values["time"] for m in again] == pytest.approx([5.0, 2.0, 1.0, 0.9, 0.8])
    everyone = trials_of(store, "s", scale_to="fast").members
    assert [member.values["time"] for member in everyone] == pytest.approx([5.0, 1.0, 2.0, 0.9, 0.8])


def test_intervals_of_times_are_scaled_with_them(store):
    seeds = {seed: measurement(0.8, 10.0 + seed, "slow", 1.0) for seed in range(3)}
    fill_study(store, "s", [FinishedTrial(9, {"n": 9}, seeds)])
    own, scaled = (trials_of(store, "s", scale_to=to).members[-1].estimate("time") for to in (None, "fast"))
    ends = (own.value / 10, own.sd / 10, own.low / 10, own.high / 10)
    assert (scaled.value, scaled.sd, scaled.low, scaled.high) == pytest.approx(ends)


def test_the_reference_point_is_scaled_with_the_times(store, monkeypatch):
    monkeypatch.setattr("paretocaps.search.corners.FIRST_TRIALS", 5)
    front = front_of(store, "s", ACC_TIME, scale_to="fast")
    assert front.reference_point == pytest.approx((0.54, 5.5))
    assert 0 < front.hypervolume < 0.4 * 5.5
    assert front_of(store, "s", ACC_TIME, device="fast").reference_point == (0.1, 1000.0)


def test_bounds_hold_for_scaled_times(store):
    front = front_of(store, "s", ACC_TIME, parse_requirements("time<=9.5"), scale_to="slow")
    assert [member.trial for member in front] == [3, 4]


def test_one_device_is_kept_or_all_are_scaled(store):
    with pytest.raises(UsageError, match="give one of the two"):
        front_of(store, "s", ACC_TIME, device="slow", scale_to="fast")
    with pytest.raises(UnknownNameError, match="unknown device 'fats': did you mean 'fast'"):
        front_of(store, "s", ACC_TIME, scale_to="fats")
    kept = front_of(store, "s", ACC_TIME, device="slow")
    assert (kept.measured_on, kept.scaled_to) == ("trials of slow only, of 2 devices", None)


def test_trials_without_a_calibration_are_named(store):
    numbers = range(5, 12)
    more = [FinishedTrial(n, {"n": n}, {0: measurement(0.5, 9.0, "slow", None)}) for n in numbers]
    fill_study(store, "s", more[:1])
    with pytest.raises(UsageError, match=r"^trial 5 has no calibration.*--measured-on"):
        front_of(store, "s", ACC_TIME, scale_to="slow")
    fill_study(store, "s", more[1:])
    with pytest.raises(UsageError, match=r"^trials 5, 6, 7, 8, 9 and 2 more have no calibration"):
        front_of(store, "s", ACC_TIME, scale_to="slow")


@pytest.mark.slow
def test_only_times_scale(store):
    trials = [measurement(0.5, 9.0, name, 1.0, memory=5) for name in ("slow", "fast")]
    fill_study(store, "s", [FinishedTrial(5 + n, {"m": n}, {0: one}) for n, one in enumerate(trials)])
    with pytest.raises(
        UsageError, match=r"memory was .* --scale-to scales times only: choose one with --measured-on"
    ):
        front_of(store, "s", parse_objectives("acc,memory,time"), scale_to="slow")
    with pytest.raises(UsageError, match=r"cpu_time was measured on several devices .* scales times only"):
        front_of(store, "s", parse_objectives("acc,cpu_time"), scale_to="slow")
    assert len(front_of(store, "s", parse_objectives("acc,params"), scale_to="slow")) == 1


def test_one_device_alone_needs_no_calibration(storage):
    with Store.open(storage, create=True) as store:
        store.create_study("s", {"objectives": ["acc", "time"], "require": []})
        fill_study(store, "s", [FinishedTrial(0, {}, {0: measurement(0.5, 9.0, "slow", None)})])
        front = front_of(store, "s", ACC_TIME, scale_to="slow")
    assert ([m.values["time"] for m in front], front.measured_on) == ([9.0], "")


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.floats(1e-3, 1e3), st.floats(1e-6, 1e6)), min_size=1, max_size=20
    )
)
def test_times_of_one_device_keep_their_proportions(trials):
    devices, calibrations, times = (np.array(column) for column in zip(*trials, strict=True))
    count = len(trials)
    rows = {
        "number": range(count),
        "choices": ["{}"] * count,
        "design": [None] * count,
        "attempt": [1] * count,
        "device_name": devices.tolist(),
        "torch": [""] * count,
        "calibration": calibrations,
        "shared": [False] * count,
        "loaded": [None] * count,
        "validation_images": [None] * count,
        "test_images": [None] * count,
        "retuned": [None] * count,
        "partial": [None] * count,
        "collapsed": [None] * count,
    }
    table = by_trial(("acc", "time"), rows, np.stack([np.full(count, 0.5), times], axis=1))
    target = str(devices[0])
    found = scaled(table, target)
    assert (found.column("acc") == 0.5).all()
    assert (found.column("time")[devices == target] == times[devices == target]).all()
    for name in set(devices.tolist()):
        ratio = found.column("time")[devices == name] / times[devices == name]
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-12)
