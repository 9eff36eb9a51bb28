from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from paretocaps.data.tensor_splits import load
from paretocaps.domain.job import DataSpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import DataError, UsageError
from paretocaps.models.geometry import Size
from paretocaps.models.trunks.mobilenet import MobileNetTrunk
from paretocaps.models.trunks.mobilenet_shape import MOBILENET_V1
from paretocaps.service import optimize
from paretocaps.training.check import check_choices, check_data, check_measures


def png(pixels) -> bytes:
    buffer = BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def idx_folder(folder, images, labels):
    shape = images.shape
    head = bytes([0, 0, 8, 3]) + b"".join(side.to_bytes(4, "big") for side in shape)
    (folder / "train-images-idx3-ubyte").write_bytes(head + images.astype(np.uint8).tobytes())
    head = bytes([0, 0, 8, 1]) + len(labels).to_bytes(4, "big")
    (folder / "train-labels-idx1-ubyte").write_bytes(head + bytes(labels))
    return DataSpec(name=None, path=str(folder))


def test_images_are_prepared_and_remarked_on(tmp_path) -> None:
    for name in ("train/ant", "train/bee", "val/ant", "val/bee"):
        (tmp_path / name).mkdir(parents=True)
        for number in range(5):
            (tmp_path / name / f"{number}.png").write_bytes(png(np.full((12, 12), number)))
    spec, told = DataSpec(name=None, path=str(tmp_path)), []
    found = TRAINERS.get("capsnet").check_data(spec, lambda *what: told.append(what))
    assert (found.reading["train_images"], found.anew, found.held_out) == (9, (), ("validation",))
    remarks = found.remarks
    assert told[-1] == ("preparing images", 20, 20)
    assert remarks[0] == "2 classes: ant, bee; 9 training, 1 validation, 10 test images (from val/)"
    assert "is the test part" in remarks[1]
    assert remarks[2:] == (
        "the validation part has no image of class bee: nothing is measured on them there",
    )
    del told[:]
    check_data(spec, lambda *what: told.append(what))
    assert told == []


def test_one_class_is_refused(tmp_path) -> None:
    spec = idx_folder(tmp_path, np.zeros((9, 12, 12)), [0] * 9)
    with pytest.raises(DataError, match="all images are of one class"):
        check_data(spec)


def test_images_too_small_for_a_network_are_refused(tmp_path) -> None:
    spec = idx_folder(tmp_path, np.zeros((20, 5, 5)), [0, 1] * 10)
    with pytest.raises(DataError):
        check_data(spec)


@pytest.fixture
def checkpoint(tmp_path):
    trunk = MobileNetTrunk(MOBILENET_V1.shape(3, Size(32, 32), ()))
    weights = {
        name: torch.zeros_like(value) for name, value in trunk.state_dict().items()
    }  # they are undefined
    torch.save(weights, tmp_path / "net.pt")
    return str(tmp_path / "net.pt")


def test_a_checkpoint_of_the_backbone_is_accepted(checkpoint):
    check_choices({})
    check_choices({"checkpoint": ""})
    check_choices({"checkpoint": checkpoint, "backbone": "mobilenet_v1"})
    check_choices({"checkpoint": checkpoint})  # the study may sample the backbone


def test_that_of_another_backbone_is_refused(checkpoint):
    with pytest.raises(UsageError, match="is not one of resnet18"):
        check_choices({"checkpoint": checkpoint, "backbone": "resnet18"})


def test_a_file_of_tunings_is_read_before_a_study_starts(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PARETOCAPS_TUNE", str(tmp_path / "none.json"))
    with pytest.raises(UsageError, match=r"none\.json' cannot be read: No such file"):
        check_choices({})


def test_a_study_is_not_made_of_that_of_another_backbone_than_the_default_one(
    checkpoint, tmp_path, monkeypatch
):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    fix = {"family": "backbone_caps", "checkpoint": checkpoint}
    with pytest.raises(UsageError, match="is not one of resnet50"):
        optimize({"study": "s", "fix": fix, "trials": 1})
    assert not list((tmp_path / "empty").iterdir())


def test_a_study_is_not_made_of_a_missing_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fix = {"family": "backbone_caps", "checkpoint": "missing.pt"}
    with pytest.raises(DataError, match="checkpoint 'missing.pt' does not exist"):
        optimize({"study": "s", "fix": fix, "trials": 1})
    assert not list(tmp_path.iterdir())


def test_cpu_seconds_of_a_gpu_are_refused():
    check_measures(["cpu_time"], ["cpu"])
    with pytest.raises(UsageError, match="cpu_time of cuda:1 is not measured, .*: rank by time$"):
        check_measures(["acc", "cpu_time"], ["cpu", "cuda:1"])


def test_images_are_read_anew_by_the_next_training(tmp_path) -> None:
    images, labels = np.zeros((40, 12, 12)), [0, 1] * 20
    spec = idx_folder(tmp_path, images, labels)
    check_data(spec)
    assert int(load(spec).train.images.max()) == 0
    idx_folder(tmp_path, images + 255, labels)
    check_data(spec)
    assert int(load(spec).train.images.max()) == 255
