import copy
from unittest.mock import patch

import pytest
import torch
from torch import nn

from paretocaps.domain.choices import Choices
from paretocaps.training.optimizer import OPTIMIZERS, build_optimizer, rate_tensor
from paretocaps.training.optimizer_step import forget_gradients, take_step

CPU = torch.device("cpu")
EVERY = pytest.mark.parametrize("name", list(OPTIMIZERS))


def made(name):
    generator = torch.Generator().manual_seed(0)
    weights = [nn.Parameter(torch.randn(*size, generator=generator)) for size in [(5, 7), (3,), (2, 3, 4)]]
    rate = rate_tensor(CPU).fill_(3e-3)
    return weights, build_optimizer(weights, Choices(optimizer=name, weight_decay=0.01), rate), rate


def give_gradients(weights, number):
    """Gradients for all weights, but none for the last one in the first and third step."""
    generator = torch.Generator().manual_seed(number)
    for weight in weights if number % 2 else weights[:-1]:
        weight.grad = torch.randn(weight.shape, generator=generator)


@EVERY
def test_weights_and_state_become_what_the_optimisers_own_step_makes_them(name):
    (ours, mine, rate), (theirs, torchs, other) = made(name), made(name)
    for number in range(5):
        rate.fill_(1e-3 * (number + 1))
        other.copy_(rate)
        forget_gradients(mine)
        torchs.zero_grad(set_to_none=True)
        assert all(weight.grad is None for weight in ours)
        give_gradients(ours, number)
        give_gradients(theirs, number)
        take_step(mine)
        torchs.step()
    found, expected = copy.deepcopy(mine.state_dict()), torchs.state_dict()
    for first, second in zip(ours, theirs, strict=True):
        assert torch.equal(first, second)
    for number, state in expected["state"].items():
        for key, value in state.items():
            torch.testing.assert_close(found["state"][number][key], value, rtol=0, atol=0)


def test_only_the_first_step_of_adam_is_torchs_own():
    weights, adam, _ = made("adam")
    with patch.object(adam, "step", wraps=adam.step) as step:
        for number in (1, 3, 5):
            give_gradients(weights, number)
            take_step(adam)
    assert step.call_count == 1


def test_what_watches_a_step_is_told_of_it():
    weights, adam, _ = made("adam")
    told = []
    adam.register_step_pre_hook(lambda *_: told.append("before"))
    for number in (1, 3):
        give_gradients(weights, number)
        take_step(adam)
    assert told == ["before"] * 2
