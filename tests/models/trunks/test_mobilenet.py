import torch
from torch.nn import functional

from paretocaps.models.geometry import Size
from paretocaps.models.trunks.layers import initialise_trunk
from paretocaps.models.trunks.mobilenet import MobileNetTrunk
from paretocaps.models.trunks.mobilenet_shape import MOBILENET_V1


def test_it_computes_what_the_paper_lists():
    shape = MOBILENET_V1.shape(3, Size(32, 32), ())
    module = MobileNetTrunk(shape).double()
    initialise_trunk(module, shape, torch.Generator().manual_seed(0))
    images = torch.rand(2, 3, 32, 32, dtype=torch.float64)
    with torch.no_grad():
        module(images)
        found, state = module.eval()(images), module.state_dict()

        def normed(maps, name):
            mean, var = state[f"{name}.running_mean"], state[f"{name}.running_var"]
            return functional.batch_norm(maps, mean, var, state[f"{name}.weight"], state[f"{name}.bias"])

        maps = normed(functional.conv2d(images, state["model.0.0.weight"], stride=2, padding=1), "model.0.1")
        maps = maps.relu()
        for number, stride in enumerate((1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1), start=1):
            deep = state[f"model.{number}.0.weight"]
            maps = functional.conv2d(maps, deep, stride=stride, padding=1, groups=len(deep))
            maps = normed(maps, f"model.{number}.1").relu()
            maps = functional.conv2d(maps, state[f"model.{number}.3.weight"])
            maps = normed(maps, f"model.{number}.4").relu()
    torch.testing.assert_close(found, maps)
