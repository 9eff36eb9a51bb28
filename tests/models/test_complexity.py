from itertools import pairwise

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from paretocaps.domain.choices import Choices
from paretocaps.models.architecture import Architecture, architecture
from paretocaps.models.build import build_network
from paretocaps.models.complexity import (
    complexity,
    multiply_adds,
    parameters,
    params_by_role,
    training_multiply_adds,
)
from paretocaps.models.pruning.target import pruned

MNIST = {"height": 28, "width": 28, "channels": 1, "classes": 10}
DIGITS = {"height": 8, "width": 8, "channels": 1, "classes": 10}
COLOUR = {"height": 32, "width": 32, "channels": 3, "classes": 10}

ARCHITECTURES = {
    "mnist": Architecture(**MNIST),
    "mnist shared": Architecture(**MNIST, weight_sharing=True, decoder="reduced"),
    "mnist pruned": pruned(Architecture(**MNIST), 0.7),
    "digits": Architecture(**DIGITS),
    "digits, reduced decoder": Architecture(**DIGITS, decoder="reduced"),
    "digits, no decoder": Architecture(**DIGITS, decoder="none"),
    "digits, one iteration": Architecture(**DIGITS, routing_iterations=1),
    "digits, five iterations": Architecture(**DIGITS, routing_iterations=5, weight_sharing=True),
    "digits pruned and shared": pruned(Architecture(**DIGITS, weight_sharing=True), 0.5),
    "colour": Architecture(**COLOUR, decoder="none", capsule_types=8),
    "not square": Architecture(height=21, width=45, channels=2, classes=3, capsule_types=5, conv_channels=16),
}
DEEP = {
    "plain stack": {"blocks": 1},
    "residual": {"family": "residual_caps", "blocks": 2, "layer_capsules": 12},
    "momentum": {"family": "momentum_caps", "blocks": 3, "decoder": "none"},
    "momentum, shared": {"family": "momentum_caps", "blocks": 1, "weight_sharing": True},
    "residual, sda": {"family": "residual_caps", "blocks": 1, "routing": "sda", "routing_iterations": 2},
    "sda": {"routing": "sda"},
    "em": {"routing": "em", "capsule_dim": 17, "class_dim": 17, "layer_dim": 17},
    "momentum, em": {
        "family": "momentum_caps",
        "blocks": 2,
        "routing": "em",
        "capsule_dim": 17,
        "class_dim": 17,
        "layer_dim": 17,
    },
    "two stem convolutions": {"stem_convolutions": 2, "conv_channels": 24},
}
ARCHITECTURES |= {f"digits, {name}": Architecture(**DIGITS, **changes) for name, changes in DEEP.items()}
FAMILIES = {
    "alexnet_caps": {},
    "alexnet_caps, five iterations": {"routing_iterations": 5, "weight_sharing": True},
    "resnet_caps": {"image_size": 30},
    "lenet5": {},
}
FAMILIES = {
    name: architecture(Choices(family=name.split(",")[0], **changes), 28, 28, 3, 10)
    for name, changes in FAMILIES.items()
}
ARCHITECTURES |= FAMILIES
RBA = {name: a for name, a in ARCHITECTURES.items() if a.routing == "rba"}
EACH = pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=ARCHITECTURES.keys())


@EACH
def test_parameters_are_the_networks(architecture):
    network = build_network(architecture, seed=0)
    by_part = {
        part.name: sum(p.numel() for p in getattr(network, part.name).parameters())
        for part in complexity(architecture)
        if part.name != "routing"
    }
    assert by_part == {p.name: p.params for p in complexity(architecture) if p.name != "routing"}
    assert parameters(architecture) == sum(p.numel() for p in network.parameters())


@pytest.mark.slow
@pytest.mark.parametrize("architecture", RBA.values(), ids=RBA.keys())
def test_multiply_adds_are_what_the_flop_counter_sees_of_the_plain_algorithm(architecture, oracle):
    network = build_network(architecture, seed=0)
    a = architecture
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        oracle.network(network, torch.rand(1, a.channels, a.height, a.width), torch.tensor([1]))
    assert multiply_adds(architecture) * 2 == counter.get_total_flops()


@EACH
def test_convolutions_and_decoder_of_the_network_itself_cost_what_is_said(architecture):
    network, a = build_network(architecture, seed=0), architecture
    own = ("conv1", "conv2", "trunk", "primary", "linear1", "linear2", "linear3", "decoder")
    expected = sum(part.macs for part in complexity(a) if part.name in own)
    images = torch.rand(1, a.channels, a.height, a.width)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        if a.family == "lenet5":
            network.scores(images)
        else:
            network.primary(network.features(images))
        if a.family != "lenet5" and network.decoder is not None:
            network.decoder(torch.rand(1, a.classes, a.class_dim), torch.tensor([0]))
    assert counter.get_total_flops() == expected * 2


def test_routing_costs_grow_by_two_sums_an_iteration():
    costs = [
        multiply_adds(ARCHITECTURES["digits"].model_copy(update={"routing_iterations": n}))
        for n in range(1, 5)
    ]
    assert {b - a for a, b in pairwise(costs)} == {2 * 128 * 10 * 16}


def test_weight_sharing_changes_parameters_and_not_the_algorithm():
    plain, shared = Architecture(**MNIST), Architecture(**MNIST, weight_sharing=True)
    assert multiply_adds(plain) == multiply_adds(shared)
    assert parameters(plain) - parameters(shared) == (1152 - 32) * 10 * 16 * 8


def test_a_network_without_a_decoder_has_no_part_for_it():
    assert [part.name for part in complexity(ARCHITECTURES["colour"])][-1] == "routing"


@pytest.mark.parametrize("routing", ["rba", "sda", "em"])
def test_every_block_costs_the_same_and_routing_is_counted_for_all_layers(routing):
    dims = dict.fromkeys(("capsule_dim", "layer_dim", "class_dim"), 17) if routing == "em" else {}
    made = [Architecture(**MNIST, **dims, routing=routing, blocks=n) for n in (1, 2, 3)]
    one, two, three = ({part.name: part for part in complexity(a)} for a in made)
    assert list(one) == [
        "conv1",
        "primary",
        "capsule_layer",
        "blocks",
        "class_capsules",
        "routing",
        "decoder",
    ]
    for name in ("blocks", "routing"):
        assert three[name].macs - two[name].macs == two[name].macs - one[name].macs > 0
    assert three["blocks"].params == 3 * one["blocks"].params
    assert two["capsule_layer"] == one["capsule_layer"]


def test_the_second_convolution_keeps_the_maps_and_their_number():
    plain, second = (Architecture(**MNIST, stem_convolutions=n) for n in (1, 2))
    assert second.capsules == plain.capsules
    parts = {part.name: part for part in complexity(second)}
    assert parts["conv2"].params == 256 * 256 * 9 + 256
    assert multiply_adds(second) - multiply_adds(plain) == parts["conv2"].macs == 256 * 256 * 9 * 400


def test_parameters_by_role_add_up():
    deep = Architecture(**MNIST, family="residual_caps", blocks=2)
    hybrid = Architecture(**MNIST, family="alexnet_caps", trunk="alexnet", decoder="none")
    plain = Architecture(**MNIST, family="lenet5")
    for a in (deep, hybrid, plain):
        assert sum(params_by_role(a).values()) == parameters(a)
    assert list(params_by_role(deep)) == [
        "trunk_params",
        "primary_params",
        "capsule_params",
        "decoder_params",
    ]
    assert params_by_role(hybrid)["primary_params"] == 256 * 256 + 256
    assert params_by_role(plain) == {"trunk_params": 61_706}


NARROW = {
    "resnet18": {"family": "backbone_caps", "trunk": "resnet18", "image_size": 64},
    "resnet50": {"family": "backbone_caps", "trunk": "resnet50", "image_size": 40},
    "mobilenet_v1": {"family": "backbone_caps", "trunk": "mobilenet_v1", "image_size": 64},
    "alexnet": {"family": "alexnet_caps", "trunk": "alexnet"},
    "residual": {"family": "resnet_caps", "trunk": "residual"},
}


@pytest.mark.parametrize("changes", NARROW.values(), ids=NARROW.keys())
def test_deep_trunks_and_their_primary_capsules_cost_what_is_said(changes):
    whole = Architecture(**COLOUR, **changes, capsule_types=16, decoder="none")
    pruned_shape = pruned(whole, 0.9)
    network = build_network(pruned_shape, seed=0).eval()
    assert parameters(pruned_shape) == sum(p.numel() for p in network.parameters())
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network.primary(network.features(torch.rand(1, 3, 32, 32)))
    expected = sum(part.macs for part in complexity(pruned_shape) if part.name in ("trunk", "primary"))
    assert counter.get_total_flops() == 2 * expected


@pytest.mark.parametrize("changes", [{}, {"family": "lenet5"}, NARROW["alexnet"]])
def test_a_training_step_is_three_forward_passes_less_the_images_gradient(changes):
    shape = Architecture(**COLOUR, **changes)
    first = complexity(shape)[0].macs if "trunk" not in changes else shape.trunk_shape.convolutions[0].macs
    assert training_multiply_adds(shape) == 3 * multiply_adds(shape) - first


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"decoder": "none", "routing_iterations": 1},
        {"family": "lenet5"},
        NARROW["alexnet"] | {"decoder": "none"},
        NARROW["residual"] | {"decoder": "none"},
    ],
)
def test_a_training_step_is_what_the_flop_counter_sees_but_for_couplings_held_constant(changes, oracle):
    """The gradient goes through the last weighted sum of the votes, and to the votes only."""
    shape = Architecture(**COLOUR, **changes)
    network = build_network(shape, seed=0)
    with FlopCounterMode(display=False) as counter:
        found = oracle.network(network, torch.rand(1, 3, 32, 32), torch.tensor([1]))
        parts = found if isinstance(found, tuple) else (found,)
        sum(part.sum() for part in parts if part is not None and part.requires_grad).backward()
    routing = sum(part.macs for part in complexity(shape) if part.name == "routing")
    one_sum = routing // (2 * shape.routing_iterations - 1)
    saved = 2 * routing - one_sum
    assert counter.get_total_flops() == 2 * (training_multiply_adds(shape) - saved)
