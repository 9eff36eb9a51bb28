import math

import pytest
import torch

from paretocaps.domain.routings.routing import LayerShape
from paretocaps.models.routings.sda import NEAR, ScaledDistance, scaled_distances


def layer(*, inputs=1, outputs=3, iterations=2, gradient="last", bias=False):
    made = ScaledDistance(LayerShape(inputs, outputs, 2, 2, inputs), iterations, gradient=gradient, bias=bias)
    made.initialise(torch.Generator().manual_seed(0), 0.3)
    return made.double()


def test_a_capsule_at_half_the_mean_distance_is_coupled_with_p():
    # one at 0.5, nine at d_o: the formula's own case, where d_o is the mean of the others
    far = (1 - 0.05) / 0.9  # so that the mean of all ten is 1
    distances = torch.tensor([0.5] + [far] * 9, dtype=torch.float64)
    coupling = scaled_distances(distances).softmax(0)
    t = (math.log(NEAR * 9) - math.log(1 - NEAR)) / (0.5 - 1.0)
    assert coupling[0].item() == pytest.approx(1 / (1 + 9 * math.exp(t * (far - 0.5))))
    assert coupling[0] > NEAR


def test_the_nearer_the_vote_the_larger_the_coupling():
    distances = torch.tensor([[0.1, 3.0], [0.2, 2.0], [0.9, 1.0]], dtype=torch.float64)
    coupling = scaled_distances(distances).softmax(0)
    assert coupling[0, 0] > coupling[1, 0] > coupling[2, 0]
    assert coupling[0, 1] < coupling[1, 1] < coupling[2, 1]


def test_an_input_couples_to_the_output_that_others_vote_for_as_it_does():
    made = layer(inputs=8, outputs=2)
    with torch.no_grad():
        made.weight.zero_()
        made.weight[0] = torch.eye(2).unsqueeze(-1)  # all agree on output 0
        turns = torch.arange(8) * math.pi / 4  # and on output 1 point all ways
        turned = torch.stack([turns.cos(), -turns.sin(), turns.sin(), turns.cos()]).view(2, 2, 8)
        made.weight[1] = turned
    capsules = torch.tensor([0.6, 0.0], dtype=torch.float64).expand(1, 8, 2)
    coupling = made.couplings(capsules)[0]
    assert (coupling[:, 0] > 0.8).all()


def test_couplings_do_not_depend_on_the_scale_of_distances():
    distances = torch.rand(5, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(scaled_distances(distances * 1e-9), scaled_distances(distances))


@pytest.mark.parametrize("size", [0.0, 1e-12, 1.0, 1e4])
def test_logits_are_finite_where_all_distances_are_equal(size):
    distances = torch.full((4, 3), size, requires_grad=True)
    logits = scaled_distances(distances)
    logits.square().sum().backward()
    assert logits.isfinite().all()
    assert distances.grad.isfinite().all()
    torch.testing.assert_close(logits.softmax(0), torch.full((4, 3), 0.25))


def test_votes_are_no_longer_than_the_capsules_that_cast_them():
    made = layer(outputs=1, iterations=1)
    with torch.no_grad():
        made.weight.copy_(5 * torch.eye(2).view(1, 2, 2, 1))
    capsules = torch.tensor([[[0.6, 0.8]]], dtype=torch.float64)
    torch.testing.assert_close(made(capsules).norm().item(), 0.5)  # squash of length 1, not 5
    with torch.no_grad():
        made.weight.copy_(0.5 * torch.eye(2).view(1, 2, 2, 1))
    torch.testing.assert_close(made(capsules).norm().item(), 0.2)  # squash of length 0.5: not lengthened


def test_the_bias_is_added_before_the_squash():
    made = layer(bias=True)
    with torch.no_grad():
        made.weight.zero_()
        made.bias[1, 0] = 2.0
    poses = made(torch.rand(1, 1, 2, dtype=torch.float64))[0]
    torch.testing.assert_close(poses[1, 0].item(), 0.8)
    assert poses.count_nonzero() == 1


@pytest.mark.parametrize(("gradient", "most"), [("last", 3), ("all", 6)])
def test_little_of_the_size_of_the_couplings_is_kept_and_no_votes(gradient, most):
    made = ScaledDistance(LayerShape(64, 32, 8, 8, 64), 3, gradient=gradient)
    made.initialise(torch.Generator().manual_seed(0), 0.1)
    capsules = torch.randn(128, 64, 8, requires_grad=True)
    kept = {}
    hooks = torch.autograd.graph.saved_tensors_hooks(
        lambda x: kept.__setitem__(x.data_ptr(), x.untyped_storage().nbytes() // 4) or x, lambda x: x
    )
    with hooks:
        made(capsules)
    coupling = 64 * 32 * 128
    assert max(kept.values()) <= max(coupling, made.weight.numel())
    assert sum(kept.values()) < (most - 0.5) * coupling + 2 * made.weight.numel()


@pytest.mark.parametrize("gradient", ["last", "all"])
@pytest.mark.parametrize("scale", [10.0**-power for power in range(0, 40, 3)])
def test_capsules_of_any_length_have_finite_gradients(gradient, scale):
    layer = ScaledDistance(LayerShape(6, 5, 8, 8, 6), 3, gradient=gradient)
    layer.initialise(torch.Generator().manual_seed(0), 0.5)
    capsules = (scale * torch.randn(3, 6, 8, generator=torch.Generator().manual_seed(1))).requires_grad_()
    layer(capsules).sum().backward()
    assert capsules.grad.isfinite().all()
    assert layer.weight.grad.isfinite().all()
