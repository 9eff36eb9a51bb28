from dataclasses import replace

import pytest
import torch

from paretocaps.domain.routings.routing import LayerShape
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.errors import ParetocapsError
from paretocaps.models.routings.base import VectorLayer, layer_class, scores

SHAPE = LayerShape(inputs=6, outputs=4, in_dim=3, out_dim=500, matrices=2)


class Plain(VectorLayer):
    """The sum of the votes with even couplings."""

    def forward(self, capsules):
        couplings = self.couplings(capsules)
        weight = self.weight.repeat_interleave(3, dim=self.INPUT_DIM)
        return torch.einsum("bio,odei,bie->bod", couplings, weight, capsules) + self.added()

    def couplings(self, capsules):
        return capsules.new_full((len(capsules), 6, 4), 0.25)


def initialised(bias):
    layer = Plain(SHAPE, 1, bias=bias)
    layer.initialise(torch.Generator().manual_seed(0), 0.5)
    return layer


def test_weights_are_normal_with_the_given_deviation_and_the_bias_is_zero():
    layer = initialised(bias=True)
    assert layer.weight.shape == (4, 500, 3, 2)
    assert layer.weight.mean().item() == pytest.approx(0, abs=0.02)
    assert layer.weight.std().item() == pytest.approx(0.5, rel=0.02)
    assert layer.bias.shape == (4, 500)
    assert not layer.bias.any()
    assert torch.equal(layer.weight, initialised(bias=False).weight)


def test_a_layer_without_bias_adds_nothing():
    layer = initialised(bias=False)
    assert layer.bias is None
    assert [name for name, _ in layer.named_parameters()] == ["weight"]
    assert layer.added().shape == (4, 500)
    assert not layer.added().any()


def test_the_bias_is_added():
    layer, capsules = initialised(bias=True), torch.ones(2, 6, 3)
    without = layer(capsules)
    with torch.no_grad():
        layer.bias.fill_(2.0)
    torch.testing.assert_close(layer(capsules), without + 2)


def test_scores_are_lengths_except_for_activations():
    states = torch.tensor([[[3.0, 4.0], [0.0, 0.5]]])
    assert scores(states, ROUTINGS.get("rba")).tolist() == [[5.0, 0.5]]
    assert scores(states, ROUTINGS.get("em")).tolist() == states[..., 1].sigmoid().tolist()


def test_a_layer_that_cannot_be_imported_is_named():
    broken = replace(ROUTINGS.get("rba"), layer="paretocaps.nowhere:Layer")
    with pytest.raises(ParetocapsError, match=r"cannot load .paretocaps\.nowhere:Layer."):
        layer_class(broken)
