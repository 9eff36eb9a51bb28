import pytest
import torch

from paretocaps.models.routings.gaussians import VARIANCE_FLOOR, Operands, fit

MATRICES, OUTPUTS, BATCH = 3, 2, 2


def case(shared, active=0.0):
    generator = torch.Generator().manual_seed(0)

    def drawn(*shape):
        return torch.randn(shape, dtype=torch.float64, generator=generator)

    poses, matrices = drawn(MATRICES, 4, shared, 4, BATCH), drawn(MATRICES, OUTPUTS, 4, 4)
    present = (drawn(MATRICES, 1, shared, BATCH) + active).sigmoid()
    return [
        *(t.requires_grad_() for t in (poses, matrices, present)),
        drawn(MATRICES, OUTPUTS, shared, BATCH),
    ]


def plain(poses, matrices, present, couplings):
    """Means, log deviations, masses and densities, a capsule at a time."""
    votes = torch.einsum("mock,mkirb->omicrb", matrices, poses)  # [O, M, R, 4 (column), 4 (row), B]
    means, logs, masses, densities = [], [], [], []
    for output, weights in zip(votes, (couplings * present).transpose(0, 1), strict=True):
        weight = weights[:, :, None, None]
        mass = weights.sum((0, 1))
        mean = (weight * output).sum((0, 1)) / mass
        variance = (weight * (output - mean) ** 2).sum((0, 1)) / mass + VARIANCE_FLOOR
        normal = torch.distributions.Normal(mean, variance.sqrt())
        constant = 8 * torch.log(torch.tensor(2 * torch.pi, dtype=torch.float64))
        densities.append(normal.log_prob(output).sum((2, 3)) + constant)
        means.append(mean)
        logs.append(variance.sqrt().log().sum((0, 1)))
        masses.append(mass)
    return torch.stack(means), torch.stack(logs), torch.stack(masses), torch.stack(densities, dim=1)


@pytest.mark.parametrize("shared", [1, 3])
@pytest.mark.parametrize("densities", [False, True])
def test_gaussians_and_gradients_are_those_of_the_plain_way(shared, densities):
    *operands, couplings = case(shared)
    couplings = couplings.abs().requires_grad_()
    found = fit(Operands(*operands), couplings, densities=densities)
    wanted = plain(*operands, couplings)
    pairs = list(zip(found, wanted, strict=True))[: 4 if densities else 3]
    generator = torch.Generator().manual_seed(1)
    factors = [torch.randn(a.shape, dtype=torch.float64, generator=generator) for _, a in pairs]
    for a, b in pairs:
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-11)
    sums = [sum((f * pair[k]).sum() for f, pair in zip(factors, pairs, strict=True)) for k in (0, 1)]
    one, two = (torch.autograd.grad(total, [*operands, couplings]) for total in sums)
    for a, b in zip(one, two, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("logit", [-1e4, -80.0, -46.0, -25.0])
def test_all_is_finite_where_no_capsule_is_active(logit):
    poses, matrices, _, couplings = (tensor.detach().float() for tensor in case(1))
    logits = torch.full((MATRICES, 1, 1, BATCH), logit, requires_grad=True)
    poses = (poses * 1e4).requires_grad_()
    found = fit(Operands(poses, matrices, logits.sigmoid()), couplings.softmax(1), densities=True)
    sum(result.sum() for result in found).backward()
    assert all(tensor.isfinite().all() for tensor in (*found, poses.grad, logits.grad))
