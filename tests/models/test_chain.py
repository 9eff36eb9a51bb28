from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from paretocaps.domain.routings.routing import LayerShape
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.models.capsules import at_least_float32
from paretocaps.models.chain import MomentumChain, PlainChain, ResidualChain, longest_run
from paretocaps.models.routings.base import layer_class
from paretocaps.training.memory import saved_bytes

WIDTH, DIM = 5, 4


def layers(count, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    made = [
        layer_class(ROUTINGS.get("rba"))(LayerShape(WIDTH, WIDTH, DIM, DIM, WIDTH), 3) for _ in range(count)
    ]
    for layer in made:
        layer.initialise(generator, 0.4)
    return [layer.to(dtype) for layer in made]


def state(dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    return (0.4 * torch.randn(3, WIDTH, DIM, generator=generator, dtype=dtype)).requires_grad_()


def by_hand(x, made, gamma):
    """Algorithm 1, with ordinary back-propagation."""
    v = torch.zeros_like(x)
    for layer in made:
        v = gamma * v + (1 - gamma) * layer(x)
        x = x + v
    return x


def gradients(out, x, chain):
    return torch.autograd.grad(out.square().sum(), [x, *chain.parameters()])


def test_layers_follow_each_other_plainly_and_with_skips():
    made, x = layers(2), state()
    first, second = made
    torch.testing.assert_close(PlainChain(made)(x), second(first(x)))
    between = x + first(x)
    torch.testing.assert_close(ResidualChain(made)(x), between + second(between))


@pytest.mark.parametrize("gamma", [1e-6, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("depth", [2, 6, 16])
def test_momentum_is_algorithm_1_and_its_gradients_are_right_whatever_gamma(depth, gamma):
    chain, x = MomentumChain(layers(depth), gamma), state()
    found, expected = chain(x), by_hand(x, chain.layers, gamma)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)
    for a, b in zip(gradients(found, x, chain), gradients(expected, x, chain), strict=True):
        assert (a - b).norm() <= 1e-8 * b.norm()  # as `chain._MOST_GROWTH` has it


@pytest.mark.parametrize("gamma", [0.01, 0.3, 0.5, 0.8])
def test_in_float32_segments_keep_gradients_right_where_one_run_would_spoil_them(gamma):
    chain, x = MomentumChain(layers(32, torch.float32), gamma), state(torch.float32)
    right = gradients(by_hand(x, chain.layers, gamma), x, chain)
    worst = max(
        ((a - b).norm() / b.norm()).item() for a, b in zip(gradients(chain(x), x, chain), right, strict=True)
    )
    assert worst < 1e-5


def test_gamma_0_is_the_residual_chain_without_reversal():
    made, x = layers(4), state()
    chain, residual = MomentumChain(made, 0.0), ResidualChain(made)
    assert torch.equal(chain(x), residual(x))
    found, expected = gradients(chain(x), x, chain), gradients(residual(x), x, chain)
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))
    (remark,) = chain.remarks
    assert "gamma=0" in remark
    assert saved_bytes(chain, lambda: chain(x).sum()) == saved_bytes(residual, lambda: residual(x).sum())


def test_every_segment_keeps_a_state_and_this_is_said():
    made, x = layers(16, torch.float32), state(torch.float32)
    one = x.numel() * 8 * 2

    def kept(gamma):
        chain = MomentumChain(made, gamma)
        return saved_bytes(chain, lambda: chain(x).sum()), chain.remarks

    assert kept(0.9) == (one, ())
    # 0.1 ** -8 is 1e8, which 9 layers divide by; of 0.01 5 do
    found, (remark,) = kept(0.01)
    assert found == 4 * one
    assert "gamma=0.01 over 16 layers would rebuild states with 10^30.0 times" in remark
    assert "4 segments of up to 5 layers" in remark
    assert "\n" not in remark
    assert PlainChain(made).remarks == ResidualChain(made).remarks == ()


@given(gamma=st.floats(1e-300, 0.9999))
def test_a_run_is_as_long_as_errors_allow(gamma):
    most = longest_run(gamma)
    assert most == 1 or (most > 1 and gamma ** -(most - 1) <= 1e8 * (1 + 1e-6))
    assert gamma**most <= 1e-8 * (1 + 1e-6)


@pytest.mark.parametrize("make", [ResidualChain, lambda made: MomentumChain(made, 0.9)])
def test_sums_are_kept_in_float32_at_least(make):
    class Tanh(nn.Module):
        def forward(self, x):
            return at_least_float32(x).tanh()

    x = torch.randn(2, 3, 4).bfloat16()
    assert make([Tanh(), Tanh()])(x).dtype == torch.float32
    assert make([Tanh(), Tanh()])(x.double()).dtype == torch.float64


def test_what_is_trained_is_what_is_evaluated():
    chain, x = MomentumChain(layers(20), 0.6), state()
    with torch.no_grad():
        evaluated = chain(x)
    assert torch.equal(chain(x), evaluated)


def test_every_layer_has_its_place_in_the_state_dict():
    chain = MomentumChain(layers(3), 0.9)
    assert list(chain.state_dict()) == [f"layers.{number}.weight" for number in range(3)]
    lengths = [len(layer.state_dict()) for layer in chain.layers]
    assert all(a == b for a, b in pairwise(lengths))


def test_steep_layers_are_cut_sooner():
    made = layers(32)
    assert MomentumChain(made, 0.5).remarks != MomentumChain(made, 0.5, growth=1e4).remarks
    assert longest_run(0.5, 1e4) < longest_run(0.5)
    assert MomentumChain(layers(40), 0.9, growth=1e4).remarks == ()
