import math

import pytest
import torch

from paretocaps.domain.routings.routing import LayerShape
from paretocaps.errors import UsageError
from paretocaps.models.routings import gaussians
from paretocaps.models.routings.em import PoseMatrices, inverse_temperature

STATE = 17


def layer(inputs, outputs, *, iterations=3, gradient="all", std=0.0):
    made = PoseMatrices(LayerShape(inputs, outputs, STATE, STATE, inputs), iterations, gradient=gradient)
    made.initialise(torch.Generator().manual_seed(0), std)
    return made.double()


def states(batch, count, seed=0):
    return torch.randn(
        batch, count, STATE, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)
    )


def test_one_vote_is_a_product_of_matrices():
    made, inputs = layer(1, 1, std=0.5), states(2, 1)
    for sample, state in zip(made(inputs), inputs, strict=True):
        pose = state[0, :16].view(4, 4)
        torch.testing.assert_close(sample[0, :16].view(4, 4), pose @ made.weight[0, :, :, 0])


def test_the_activation_of_one_vote_by_hand():
    made = layer(1, 1, iterations=1)
    with torch.no_grad():
        made.beta_u.fill_(0.3)
        made.beta_a.fill_(0.7)
    inputs = states(1, 1)
    active = 1 / (1 + math.exp(-inputs[0, 0, 16].item()))
    cost = 16 * (0.3 + 0.5 * math.log(0.1)) * active
    assert made(inputs)[0, 0, 16].item() == pytest.approx(0.05 * (0.7 - cost))


def test_means_are_weighed_by_activations():
    made, inputs = layer(2, 1, iterations=1), states(1, 2)
    inputs[0, 1, 16] = -200.0
    torch.testing.assert_close(made(inputs)[0, 0, :16], inputs[0, 0, :16])


def test_votes_that_agree_make_an_active_capsule():
    agreeing = states(1, 8)
    agreeing[...] = agreeing[:, :1]
    scattered = states(1, 8)
    scattered[..., 16] = agreeing[..., 16]
    made = layer(8, 1)
    assert made(agreeing)[0, 0, 16] > made(scattered)[0, 0, 16] + 0.5


def test_an_input_couples_to_the_output_whose_cluster_it_is_in():
    made, inputs = layer(8, 2), states(1, 8) * 0.01
    with torch.no_grad():
        made.weight[1] = 0.0
        # outputs 0 sees tight votes of all, output 1 scattered ones
        for index in range(8):
            made.weight[1, :, :, index] = torch.eye(4) * (index - 3.5) * 40
    inputs[..., :16] += 0.1
    assert (made.couplings(inputs)[0, :, 0] > 0.9).all()


def test_the_inverse_temperature_rises():
    assert inverse_temperature(0) == pytest.approx(0.05)
    temperatures = [inverse_temperature(iteration) for iteration in range(5)]
    assert temperatures == sorted(temperatures)
    assert temperatures[-1] < 1


def test_output_capsules_in_groups_are_those_all_at_once(monkeypatch):
    made, inputs = layer(6, 5, std=0.5), states(3, 6)
    together = made(inputs)
    together.square().sum().backward()
    gradient, made.weight.grad = made.weight.grad, None
    monkeypatch.setattr(gaussians, "_GROUP_ON_CPU", 2 * 6 * 16 * 3)
    grouped = made(inputs)
    grouped.square().sum().backward()
    torch.testing.assert_close(grouped, together)
    torch.testing.assert_close(made.weight.grad, gradient)


def test_no_votes_are_kept():
    made = layer(32, 16, std=0.1).float()
    inputs, kept = states(64, 32).float().requires_grad_(), {}
    hooks = torch.autograd.graph.saved_tensors_hooks(
        lambda x: kept.__setitem__(x.data_ptr(), x.numel()) or x, lambda x: x
    )
    with hooks:
        made(inputs)
    votes = 32 * 16 * 16 * 64
    assert sum(kept.values()) < votes / 2


def test_the_activation_is_the_score():
    state = torch.zeros(1, 2, STATE)
    state[0, 1, 16] = math.log(3)
    torch.testing.assert_close(PoseMatrices.scores(state), torch.tensor([[0.5, 0.75]]))


@pytest.mark.parametrize(("in_dim", "out_dim"), [(8, 17), (17, 16)])
def test_other_states_are_refused(in_dim, out_dim):
    with pytest.raises(UsageError, match=f"em cannot route capsules of {in_dim} to capsules of {out_dim}"):
        PoseMatrices(LayerShape(4, 2, in_dim, out_dim, 4), 3)
