import pytest
import torch
from torch.nn import functional

from paretocaps.models.geometry import Size
from paretocaps.models.trunks.layers import initialise_trunk
from paretocaps.models.trunks.resnet import ResNetTrunk
from paretocaps.models.trunks.resnet_shape import RESNET18, RESNET50

KEYS = {
    "conv1.weight", "bn1.weight", "bn1.running_mean", "bn1.num_batches_tracked", "layer1.0.conv1.weight",
    "layer1.0.bn1.bias", "layer2.0.downsample.0.weight", "layer2.0.downsample.1.running_var",
    "layer4.1.conv2.weight",
}  # fmt: skip


def made(trunk, height=32, width=32):
    shape = trunk.shape(3, Size(height, width), ())
    module = ResNetTrunk(shape)
    initialise_trunk(module, shape, torch.Generator().manual_seed(0))
    return module


def plain(state, images, blocks, bottleneck):
    """The network as the figure of He et al. has it, from its state dict alone, in evaluation mode."""

    def convolved(name, norm, maps, stride=1):
        weight = state[f"{name}.weight"]
        maps = functional.conv2d(maps, weight, stride=stride, padding=weight.shape[-1] // 2)
        mean, var = state[f"{norm}.running_mean"], state[f"{norm}.running_var"]
        scaled = (maps - mean.view(-1, 1, 1)) / (var.view(-1, 1, 1) + 1e-5).sqrt()
        return scaled * state[f"{norm}.weight"].view(-1, 1, 1) + state[f"{norm}.bias"].view(-1, 1, 1)

    maps = functional.max_pool2d(convolved("conv1", "bn1", images, 2).relu(), 3, 2, 1)
    for stage, count in enumerate(blocks, start=1):
        for block in range(count):
            name, stride = f"layer{stage}.{block}", 2 if stage > 1 and block == 0 else 1
            strides = (1, stride, 1) if bottleneck else (stride, 1)
            inner = maps
            for number, each in enumerate(strides, start=1):
                inner = convolved(f"{name}.conv{number}", f"{name}.bn{number}", inner, each)
                inner = inner.relu() if number < len(strides) else inner
            if f"{name}.downsample.0.weight" in state:
                maps = convolved(f"{name}.downsample.0", f"{name}.downsample.1", maps, stride)
            maps = (inner + maps).relu()
    return maps


@pytest.mark.parametrize(
    ("trunk", "blocks", "bottleneck"),
    [(RESNET18, (2, 2, 2, 2), False), (RESNET50, (3, 4, 6, 3), True)],
    ids=["resnet18", "resnet50"],
)
def test_it_computes_what_the_paper_draws(trunk, blocks, bottleneck):
    module = made(trunk).double()
    images = torch.rand(2, 3, 32, 32, dtype=torch.float64)
    with torch.no_grad():
        module(images)  # so that the statistics are not those of a new network
        found = module.eval()(images)
        torch.testing.assert_close(found, plain(module.state_dict(), images, blocks, bottleneck))


def test_names_are_torchvisions():
    keys = set(made(RESNET18).state_dict())
    assert keys >= KEYS
    assert len(keys) == 20 + 5 * 20
    assert "layer1.0.downsample.0.weight" not in keys
    assert {"layer1.0.conv3.weight", "layer1.0.downsample.0.weight"} <= set(made(RESNET50).state_dict())


def test_images_need_not_be_square():
    module = made(RESNET18, 40, 72).eval()
    assert module(torch.rand(1, 3, 40, 72)).shape == (1, 512, 2, 3)
