import torch

from paretocaps.models.geometry import Size
from paretocaps.models.trunks.residual import ResidualTrunk
from paretocaps.models.trunks.residual_shape import residual


def made(widths=()):
    trunk = ResidualTrunk(residual(1, Size(12, 14), widths)).double()
    generator = torch.Generator().manual_seed(0)
    for parameter in trunk.parameters():
        torch.nn.init.normal_(parameter, std=0.3, generator=generator)
    return trunk, torch.rand(3, 1, 12, 14, dtype=torch.float64, generator=generator)


def test_it_is_the_blocks_of_the_paper_in_training_and_after(oracle):
    trunk, images = made()
    torch.testing.assert_close(trunk(images), oracle.trunks["residual"](trunk, images))
    trunk.eval()
    torch.testing.assert_close(trunk(images), oracle.trunks["residual"](trunk, images))


def test_statistics_move_in_training_alone():
    trunk, images = made()
    before = trunk.bn.running_mean.clone()
    trunk.eval()(images)
    assert torch.equal(trunk.bn.running_mean, before)
    trunk.train()(images)
    assert not torch.equal(trunk.bn.running_mean, before)


def test_inner_channels_may_be_fewer_where_what_is_added_up_has_its_width():
    trunk, images = made((8, 2, 8, 3, 8, 4, 8))
    assert trunk(images).shape == (3, 8, 12, 14)
