from dataclasses import replace

import pytest

from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.report.run_page import Run, write_runs


def run(name, acc=0.9, time=10.0, **choices):
    records = tuple(
        EpochRecord(epoch=n, acc=acc, seconds=1.0, time=1.0 * n, wall=n, train_loss=0.5, val_loss=0.4)
        for n in (1, 2)
    )
    measured = Measurement(
        acc=acc,
        best_epoch=2,
        time=time,
        wall=12.0,
        params=8_200_000,
        validation_images=100,
        epochs=records,
        device=Device(name="a card", kind="cpu"),
        remarks=("it was <slow>",),
    )
    return Run(name, {"lr_max": 1e-3, **choices}, measured, {"seed": "0"}, command="paretocaps train")


def body(path):
    text = path.read_text(encoding="utf-8")
    return text[text.index("</head>") : text.index('<script id="plotly"')]


def test_one_training_has_its_values_and_curves(tmp_path):
    shown = body(write_runs(tmp_path / "x.html", [run("full")]))
    for expected in (
        "<h1>full</h1>",
        "<b>0.900 <small>±0.0",
        "Accuracy by training time",
        "Loss by epoch",
        "<h2>Choices</h2>",
        "lr_max=0.001",
        "it was &lt;slow&gt;",
        "<code>paretocaps train</code>",
    ):
        assert expected in shown
    assert "Choices that differ" not in shown


@pytest.mark.slow
def test_two_trainings_stand_beside_each_other(tmp_path):
    runs = [run("slow", decoder="full"), run("fast", 0.88, 2.0, decoder="none")]
    shown = body(write_runs(tmp_path / "x.html", runs))
    assert "<h1>slow and fast</h1>" in shown
    assert "fast beside slow: 2.0 points less, 5x faster, same params." in shown
    assert "<td>decoder</td><td>full</td><td>none</td>" in shown
    assert "Choices that all have" in shown
    assert "training, with reconstruction" in shown


@pytest.mark.slow
def test_times_of_several_devices_are_not_compared(tmp_path):
    other = run("fast", 0.88, 2.0)
    device = other.measurement.device.model_copy(update={"torch": "2.0"})
    other = replace(other, measurement=other.measurement.model_copy(update={"device": device}))
    shown = body(write_runs(tmp_path / "x.html", [run("slow"), other]))
    assert "fast beside slow: 2.0 points less, same params." in shown
    assert "They ran on several devices, or versions of torch: times do not compare" in shown
    assert "Accuracy by training time" not in shown
