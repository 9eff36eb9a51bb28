import torch
from torch import nn

from paretocaps.training.memory import saved_bytes, state_bytes


def test_what_a_forward_pass_keeps_is_counted_once_and_without_parameters() -> None:
    network = nn.Sequential(nn.Linear(10, 20), nn.Sigmoid())
    images = torch.ones(5, 10)
    # the linear layer keeps its input [5, 10], the sigmoid its output [5, 20]; float32
    assert saved_bytes(network, lambda: network(images).sum()) == 4 * (5 * 10 + 5 * 20)


def test_bytes_saved_grow_with_the_batch() -> None:
    network = nn.Linear(10, 20)
    one, two = (saved_bytes(network, lambda n=n: network(torch.ones(n, 10)).square().sum()) for n in (8, 16))
    assert two == 2 * one


def test_state_is_parameters_gradients_and_both_moments_of_adam() -> None:
    network = nn.Linear(10, 20)
    adam = torch.optim.Adam(network.parameters())
    size = 4 * (10 * 20 + 20)
    assert state_bytes(network, adam) == 2 * size
    network(torch.ones(1, 10)).sum().backward()
    adam.step()
    steps = 2 * 4  # a float32 step count each of weight and bias
    assert state_bytes(network, adam) == 4 * size + steps
