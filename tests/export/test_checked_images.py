import torch

from paretocaps.data.load import load
from paretocaps.domain.job import DataSpec
from paretocaps.export.checked_images import images_of
from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network


def digits(**changes):
    shape = {"height": 8, "width": 8, "channels": 1, "classes": 10, "conv_channels": 4, "capsule_types": 2}
    return build_network(Architecture(**shape | changes), seed=0)


def test_the_test_images_of_the_data_as_the_network_takes_them():
    images = images_of(DataSpec(), digits())
    assert images.shape == (256, 1, 8, 8)
    assert torch.equal((images * 255).round().byte(), load(DataSpec()).test.images[:256])


def test_none_where_they_do_not_fit_or_are_gone(tmp_path):
    assert images_of(DataSpec(), digits(height=9)) is None
    assert images_of(DataSpec(name=None, path=str(tmp_path / "gone")), digits()) is None
