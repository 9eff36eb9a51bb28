"""What every optimiser promises."""

from typing import get_args

import pytest
import torch
from torch import nn

from paretocaps.domain.choices import Choices
from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network
from paretocaps.models.losses import capsnet_loss
from paretocaps.models.pruning.prune import prune
from paretocaps.models.pruning.saliency import measure
from paretocaps.training.memory import state_bytes
from paretocaps.training.optimizer import OPTIMIZERS, build_optimizer, rate_tensor

CPU = torch.device("cpu")
EVERY = pytest.mark.parametrize("name", list(OPTIMIZERS))
MOMENTS = {"adam": 2, "adamw": 2, "ranger21": 5}
SMALL = Architecture(
    height=9, width=8, channels=1, classes=3, conv_channels=6, capsule_types=4, decoder_units=(8, 8)
)


def batch():
    generator = torch.Generator().manual_seed(1)
    return torch.rand(12, 1, 9, 8, generator=generator), torch.arange(12) % 3


def step(network, optimizer):
    images, labels = batch()
    optimizer.zero_grad(set_to_none=True)
    loss = capsnet_loss(network(images, labels), images, labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def made(name, rate=3e-3, **choices):
    network, tensor = build_network(SMALL, 0), rate_tensor(CPU)
    tensor.fill_(rate)
    return network, build_optimizer(network.parameters(), Choices(optimizer=name, **choices), tensor), tensor


def test_the_registry_has_the_values_of_the_choice():
    assert list(OPTIMIZERS) == list(get_args(Choices.model_fields["optimizer"].annotation))


@EVERY
def test_it_learns(name):
    network, optimizer, _ = made(name)
    losses = [step(network, optimizer) for _ in range(60)]
    assert losses[-1] < 0.6 * losses[0]


@EVERY
def test_each_step_is_taken_at_the_rate_in_the_tensor(name):
    weight, rate = nn.Parameter(torch.linspace(0.5, 1.5, 12).view(3, 4)), rate_tensor(CPU)
    optimizer = build_optimizer([weight], Choices(optimizer=name, weight_decay=0.0), rate)
    lengths = []
    for value in (1e-3, 1e-3, 1e-4):  # the second and third steps differ in the rate alone
        rate.fill_(value)
        before = weight.detach().clone()
        weight.grad = torch.linspace(-1, 1, 12).view(3, 4)
        optimizer.step()
        lengths.append((weight.detach() - before).norm().item())
    assert 5 < lengths[1] / lengths[2] < 15
    rate.zero_()
    before = weight.detach().clone()
    weight.grad = torch.ones(3, 4)
    optimizer.step()
    assert lengths[2] > 2 * (weight.detach() - before).norm().item()


@EVERY
@pytest.mark.parametrize(
    "changes",
    [{"beta1": 0.5}, {"beta2": 0.9}, {"weight_decay": 0.5}],
    ids=lambda changes: next(iter(changes)),
)
def test_betas_and_weight_decay_reach_it(name, changes):
    first, second = made(name), made(name, **changes)
    for network, optimizer, _ in (first, second):
        for _ in range(3):
            step(network, optimizer)
    pairs = zip(first[0].parameters(), second[0].parameters(), strict=True)
    assert any(not torch.allclose(a, b, rtol=1e-5, atol=1e-7) for a, b in pairs)


@EVERY
def test_the_ends_of_the_bounds_can_be_trained_with(name):
    for betas in ({"beta1": 0.0, "beta2": 0.0}, {"beta1": 0.999, "beta2": 0.99999}):
        network, optimizer, _ = made(name, **betas, weight_decay=1.0)
        for _ in range(4):
            step(network, optimizer)
        assert all(bool(p.isfinite().all()) for p in network.parameters())


@EVERY
def test_what_it_keeps_is_counted(name):
    network, optimizer, _ = made(name)
    step(network, optimizer)
    size = sum(p.nbytes for p in network.parameters())
    steps = 0 if name == "ranger21" else 4 * len(list(network.parameters()))  # ranger21 counts a group's
    assert state_bytes(network, optimizer) == (2 + MOMENTS[name]) * size + steps


@EVERY
def test_pruning_hands_over_all_of_its_state(name):
    network, optimizer, _ = made(name)
    for _ in range(3):
        step(network, optimizer)
    target = SMALL.model_copy(update={"conv_channels": 3, "capsule_types": 2, "decoder_units": (4, 4)})
    saliencies = measure(network, [batch()[0]], "magnitude", 0)
    smaller, same = prune(network, optimizer, target, saliencies)
    assert same is optimizer
    tensors = [
        (parameter, value)
        for parameter in smaller.parameters()
        for value in optimizer.state[parameter].values()
        if torch.is_tensor(value) and value.ndim
    ]
    assert len(tensors) == MOMENTS[name] * len(list(smaller.parameters()))
    assert all(value.shape == parameter.shape for parameter, value in tensors)
    losses = [step(smaller, optimizer) for _ in range(40)]
    assert losses[-1] < losses[0]
