import pytest

from paretocaps.domain.measurement import Device, Measurement
from paretocaps.domain.trainer import TRAINERS, TrainerSpec
from paretocaps.execution import calibration as module
from paretocaps.execution.attempt import attempt
from paretocaps.execution.calibration import calibrate, with_calibration
from paretocaps.testing.probe import PROBE

asked = []


def step(device, threads):
    asked.append((device, threads))
    return 0.25


def broken(device, threads):
    raise RuntimeError("no\nclock")


def endless(device, threads):
    return float("inf")


def trainer(function):
    return TrainerSpec("mine", PROBE.choices, PROBE.space, PROBE.train, calibrate=f"{__name__}:{function}")


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.setattr(module, "_measured", {})
    asked.clear()


def test_a_step_is_timed_once_for_each_device_and_number_of_threads(make_job):
    jobs = [make_job(measure=("time",), threads=1) for _ in range(2)]
    jobs += [make_job(measure=("acc", "wall"), threads=2), make_job(measure=("time",), device="cuda:1")]
    assert [calibrate(job, trainer("step")) for job in jobs] == [0.25] * 4
    assert asked == [("cpu", 1), ("cpu", 2), ("cuda:1", None)]


def test_a_trial_of_one_rank_is_calibrated_on_the_first_device_of_its_study(make_job):
    assert calibrate(make_job(measure=("time",), device="cuda:0,cuda:1"), trainer("step")) == 0.25
    assert asked == [("cuda:0", None)]


@pytest.mark.parametrize("quantity", ["latency", "latency_batch"])
def test_latencies_are_times_too(make_job, quantity):
    assert calibrate(make_job(measure=("acc", quantity)), trainer("step")) == 0.25


def test_it_is_not_timed_where_nobody_needs_it(make_job):
    assert calibrate(make_job(measure=("acc", "params", "memory")), trainer("step")) is None
    assert calibrate(make_job(measure=("time",)), PROBE) is None
    assert asked == []


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("broken", "no calibration: RuntimeError: no clock"),
        (
            "endless",
            f"no calibration: ValueError: {__name__}:endless returned inf, which is no duration of a step",
        ),
        ("missing", "no calibration: ParetocapsError: cannot load"),
    ],
)
def test_a_step_that_fails_says_why(make_job, function, reason):
    answer = calibrate(make_job(measure=("time",)), trainer(function))
    assert isinstance(answer, str)
    assert answer.startswith(reason)


def test_it_is_written_where_the_trainer_left_room():
    device = Device(name="a", kind="cpu")
    plain = Measurement(acc=0.5, best_epoch=1, time=1, wall=1, params=1, device=device, remarks=("one",))
    assert with_calibration(plain, None) is plain
    assert with_calibration(plain, 0.5).device == Device(name="a", kind="cpu", calibration=0.5)
    assert with_calibration(plain, "no clock").remarks == ("one", "no clock")
    assert with_calibration(with_calibration(plain, 0.5), 0.7).device.calibration == 0.5


@pytest.mark.parametrize(
    ("function", "found"),
    [("step", (0.25, ())), ("broken", (None, ("no calibration: RuntimeError: no clock",)))],
)
def test_an_attempt_has_its_calibration_or_a_remark(make_job, monkeypatch, function, found):
    monkeypatch.setitem(TRAINERS._entries, "mine", trainer(function))
    job = make_job(measure=("acc", "time")).model_copy(update={"trainer": "mine"})
    measurement = attempt(job, lambda record: True)
    assert (measurement.device.calibration, measurement.remarks) == found


def test_several_ranks_are_another_device_than_the_one_that_takes_the_step(make_job):
    assert calibrate(make_job(measure=("time",), ranks=2), trainer("step")) is None
    assert asked == []
