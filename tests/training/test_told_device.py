from paretocaps.domain.tuning import DEFAULT, VARIABLE, Tuning
from paretocaps.training import told_device as module
from paretocaps.training.kept_tunings import KeptTunings
from paretocaps.training.told_device import told_device


def test_the_device_and_its_tuning_are_told(monkeypatch):
    monkeypatch.setattr(module, "_BATCH", 2)
    told = told_device()
    assert list(told) == ["training device", "tuning", "tunings"]
    assert told["tuning"] == f"{DEFAULT} (baseline, 2 images of 28x28x1)"
    assert told["tunings"] == "by PARETOCAPS_TUNE=off"


def test_measured_tunings_are_counted(monkeypatch, tmp_path):
    monkeypatch.setenv("PARETOCAPS_CACHE", str(tmp_path))
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setattr(module, "_BATCH", 2)
    monkeypatch.setattr(KeptTunings, "choose", lambda *_: Tuning(products="onednn"))
    monkeypatch.setattr(module, "measured_before", lambda file: {"a": DEFAULT, "b": DEFAULT})
    told = told_device()
    assert told["tuning"].startswith("products: onednn;")
    assert told["tunings"].startswith(f"2 measured so far, in {tmp_path}")
