import pytest
import torch

from paretocaps.models.class_capsules import ClassCapsules
from paretocaps.models.routings.base import LayerShape
from paretocaps.models.routings.rba import Agreement


@pytest.mark.parametrize("gradient", ["last", "all"])
def test_with_a_bias_it_is_the_class_capsules_layer(gradient):
    layer = Agreement(LayerShape(12, 5, 8, 16, 4), 3, gradient=gradient, bias=True)
    layer.draw(torch.Generator().manual_seed(0), 0.3)
    torch.nn.init.normal_(layer.bias, generator=torch.Generator().manual_seed(1))
    other = ClassCapsules(5, 16, 8, 4, 3, full_gradient=gradient == "all")
    other.load_state_dict(layer.state_dict())
    capsules = torch.randn(3, 12, 8, generator=torch.Generator().manual_seed(2))
    assert torch.equal(layer(capsules), other(capsules))
    assert torch.equal(layer.couplings(capsules), other.couplings(capsules))
    for made in (layer, other):
        made(capsules).square().sum().backward()
    for one, two in zip(layer.parameters(), other.parameters(), strict=True):
        assert torch.equal(one.grad, two.grad)
