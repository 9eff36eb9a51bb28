"""Images that are divided otherwise than for a training are told from those that are not."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import paretocaps
from paretocaps.data.last_read import forget
from paretocaps.data.tensor_splits import load
from paretocaps.domain.job import DataSpec
from paretocaps.domain.measurement import Device, EpochRecord, Measurement, Predictions
from paretocaps.errors import UsageError
from paretocaps.run_folder import RunFolder
from paretocaps.training.trained_images import held_out, other_images


def photos(folder: Path, count: int) -> Path:
    random = np.random.default_rng(1)
    for name in ("ant", "bee"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            pixels = random.integers(0, 256, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number:02d}.png")
    return folder


def test_a_picture_more_holds_out_others(tmp_path):
    spec = DataSpec(name=None, path=str(photos(tmp_path / "photos", 20)))
    splits, run = load(spec), tmp_path / "run"
    assert other_images(held_out(run), splits) == ""  # nothing is known
    labels = splits.validation.labels.tolist()
    predictions = Predictions(labels=labels, classes=labels, images=splits.validation.digest)
    record = EpochRecord(epoch=1, acc=1.0, seconds=1.0, time=1.0, wall=1.0)
    device = Device(name="cpu", kind="cpu")
    values = {"acc": 1.0, "best_epoch": 1, "time": 1.0, "wall": 1.0, "params": 1}
    measured = Measurement(**values, device=device, epochs=(record,), predictions=predictions)
    run.mkdir()
    RunFolder(run).measurement_file.write_text(measured.model_dump_json())
    assert other_images(held_out(run), splits) == ""
    (tmp_path / "photos" / "README.md").write_text("what lies beside the images is none of them")
    forget()
    assert other_images(held_out(run), load(spec)) == ""
    Image.fromarray(np.full((8, 8), 7, np.uint8)).save(tmp_path / "photos" / "ant" / "00a.png")
    forget()
    assert other_images(held_out(run), load(spec)).endswith("may have had some held out now")


@pytest.mark.slow
def test_a_network_is_not_judged_on_what_it_may_have_trained_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    photos(tmp_path / "photos", 20)
    choices = {"primary_capsules": 2, "batch_schedule": "constant", "batch_size": 16}
    choices |= {"precision": "fp32"}  # exports are judged in it
    paretocaps.train(data="photos", choices=choices, epochs=1, output="run")
    paretocaps.export(run="run", output="export", onnx=False)
    judged = {"robust": False, "device": "cpu"}
    before = paretocaps.evaluate(networks="run", **judged)
    assert before.appraisal.report.images > 0
    assert paretocaps.evaluate(networks="export", **judged).as_dict()["acc"] == before.as_dict()["acc"]
    for place, names in (("copy", ("ant", "bee")), ("capitals", ("ant", "Bee"))):
        for name, other in zip(("ant", "bee"), names, strict=True):
            shutil.copytree(tmp_path / "photos" / name, tmp_path / place / other)
    copy = paretocaps.evaluate(networks="run", data="copy", **judged)
    assert copy.as_dict()["acc"] == before.as_dict()["acc"]
    told = "has the classes Bee, ant, but run has ant, bee: classes are matched by their numbers"
    assert told in paretocaps.evaluate(networks="run", data="capitals", **judged).facts["remarks"]
    Image.fromarray(np.full((8, 8), 7, np.uint8)).save(tmp_path / "photos" / "ant" / "00a.png")
    with pytest.raises(
        UsageError, match=r"export: the images of .*photos changed .*; name others with --data"
    ):
        paretocaps.evaluate(networks="export", **judged)
    with pytest.raises(UsageError, match=r"run: the images of .*photos changed .*; name others with --data"):
        paretocaps.evaluate(networks="run", **judged)
    assert paretocaps.evaluate(networks="run", data="photos", **judged).appraisal.report.images > 0
    export = paretocaps.export(run="run", output="changed", onnx=False)
    assert export.document.about.classes == ("0", "1")
