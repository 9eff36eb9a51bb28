import pytest
import torch

from paretocaps.errors import DataError, UsageError
from paretocaps.models.geometry import Size
from paretocaps.models.trunks.mobilenet import MobileNetTrunk
from paretocaps.models.trunks.mobilenet_shape import MOBILENET_V1
from paretocaps.service import optimize
from paretocaps.training.check import check_choices


@pytest.fixture
def checkpoint(tmp_path):
    trunk = MobileNetTrunk(MOBILENET_V1.shape(3, Size(32, 32), ()))
    torch.save(trunk.state_dict(), tmp_path / "net.pt")
    return str(tmp_path / "net.pt")


def test_a_checkpoint_of_the_backbone_is_accepted(checkpoint):
    check_choices({})
    check_choices({"checkpoint": ""})
    check_choices({"checkpoint": checkpoint, "backbone": "mobilenet_v1"})
    check_choices({"checkpoint": checkpoint})  # the study may sample the backbone


def test_that_of_another_backbone_is_refused(checkpoint):
    with pytest.raises(UsageError, match="is not one of resnet18"):
        check_choices({"checkpoint": checkpoint, "backbone": "resnet18"})


def test_a_study_is_not_made_of_a_missing_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fix = {"family": "backbone_caps", "checkpoint": "missing.pt"}
    with pytest.raises(DataError, match="checkpoint 'missing.pt' is not there"):
        optimize({"study": "s", "fix": fix, "trials": 1})
    assert not list(tmp_path.iterdir())
