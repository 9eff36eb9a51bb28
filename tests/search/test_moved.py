import pytest

import paretocaps.testing.probe as probe
from paretocaps import service
from paretocaps.domain.measurement import Device
from paretocaps.errors import UsageError
from paretocaps.search.moved import differs

CPU, GPU = "Intel(R) Xeon(R) Processor @ 2.10GHz", "NVIDIA H100 80GB HBM3"


@pytest.mark.parametrize(
    ("name", "kind", "now", "here", "expected"),
    [
        (GPU, "cuda", "cpu", {CPU}, True),
        (f"{CPU} (2 threads)", "cpu", "cuda", {GPU}, True),
        (f"{CPU} (2 threads)", "cpu", "cuda", (), True),
        (GPU, "cuda", "cuda", {GPU}, False),
        (f"{GPU} (2 ranks)", "cuda", "cuda", {GPU}, False),
        (GPU, "cuda", "cuda", {"NVIDIA T4"}, True),
        (GPU, "cuda", "cuda", (), False),
        *((f"{CPU} ({size})", "cpu", "cpu", {CPU}, False) for size in ("2 threads", "1 of 2 threads")),
        (f"{CPU} (2 ranks of 1 thread)", "cpu", "cpu", {CPU}, False),
        (f"{CPU} (2 threads)", "cpu", "cpu", {"AMD EPYC"}, True),
        # of outside trainers
        ("cpu", "cpu", "cpu", {CPU}, False),
        ("cpu", "cpu", "cuda", {GPU}, False),
        ("TPU v5", "tpu", "cpu", {CPU}, False),
    ],
)
def test_a_device_is_another_one_where_that_is_certain(name, kind, now, here, expected):
    assert differs(Device(name=name, kind=kind), now, here) is expected


@pytest.fixture
def on(monkeypatch):
    """Let the probe say that it trained elsewhere."""
    train = probe.train

    def on(name, kind="cuda"):
        def measured(job, on_epoch):
            measurement = train(job, on_epoch)
            place = measurement.device.model_copy(update={"name": name, "kind": kind})
            return measurement.model_copy(update={"device": place})

        monkeypatch.setattr(probe, "train", measured)

    return on


def told(watcher):
    return [notice for notice in watcher.notices if notice.startswith("this run trains on")]


def test_a_study_that_goes_on_on_another_device_says_so_before_it_trains(run, on):
    on(GPU)
    _, watcher = run(trials=1, device="cpu")
    assert told(watcher) == []
    _, watcher = run(trials=1, device="cpu")  # it has all its trials
    assert told(watcher) == []
    watcher.notices.clear()
    _, watcher = run(trials=2, device="cpu")
    assert told(watcher) == [
        f"this run trains on cpu, and the last trial was measured on {GPU}: time will not compare, and the"
        " front will have the new trials alone; to have one front, go on there, or begin a study here with"
        " another --storage"
    ]


def test_where_no_objective_depends_on_the_device_nothing_is_said(run, on):
    on(GPU)
    for trials in (1, 2):
        _, watcher = run(trials=trials, objectives="acc,params", device="cpu")
        assert told(watcher) == []


def test_another_processor_is_named(run, on, monkeypatch):
    monkeypatch.setattr("paretocaps.search.moved.processor_name", lambda: "AMD EPYC")
    on(f"{CPU} (2 threads)", "cpu")
    run(trials=1, device="cpu")
    _, watcher = run(trials=2, device="cpu")
    assert told(watcher)[0].startswith(
        f"this run trains on cpu, AMD EPYC, and the last trial was measured on {CPU} (2 threads): time will"
    )


def test_a_bound_on_time_depends_on_the_device_too(run, on):
    on(GPU)
    for trials in (1, 2):
        _, watcher = run(trials=trials, device="cpu", objectives="acc,params", require=["time<=99"])
    assert "time will not compare" in told(watcher)[0]


def test_further_seeds_elsewhere_would_take_trials_off_the_front(run, on, storage):
    on(GPU)
    run(trials=2, device="cpu")
    own = {"study": "s", "storage": storage, "executor": "inline", "device": "cpu"}
    with pytest.raises(
        UsageError, match=r"measured on NVIDIA H100 80GB HBM3: trials with further seeds from"
    ):
        service.confirm(own, budget="1h")
