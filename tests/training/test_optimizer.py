import pytest
import torch

from paretocaps.domain.choices import Choices
from paretocaps.training.optimizer import build_optimizer, rate_tensor

CPU = torch.device("cpu")


def test_the_rate_is_a_number_that_can_be_changed_in_place():
    weight = torch.nn.Parameter(torch.zeros(3))
    rate = rate_tensor(CPU)
    optimizer = build_optimizer([weight], Choices(), rate)
    for value in (1e-3, 1e-4):
        before = weight.detach().clone()
        rate.fill_(value)
        weight.grad = torch.ones(3)
        optimizer.step()
        torch.testing.assert_close(before - weight.detach(), torch.full((3,), value), rtol=1e-4, atol=0)


@pytest.mark.parametrize("decay", [0.0, 0.01])
def test_it_is_torchs_adam(decay):
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(5, 4, generator=generator)
    ours, theirs = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    rate = rate_tensor(CPU)
    made = build_optimizer([ours], Choices(weight_decay=decay), rate)
    plain = torch.optim.Adam([theirs], lr=3e-3, weight_decay=decay, foreach=False, fused=False)
    rate.fill_(3e-3)
    for _ in range(5):
        ours.grad = torch.randn(5, 4, generator=generator)
        theirs.grad = ours.grad.clone()
        made.step()
        plain.step()
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-7)
