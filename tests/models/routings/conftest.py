"""The routings written anew, the plain way: every vote formed, autograd for every gradient.

Sums that count as multiply-adds are einsums, which torch's flop counter sees; others are not.
"""

from contextlib import nullcontext
from math import log
from types import SimpleNamespace

import pytest
import torch


def squash(s):
    squares = (s * s).sum(-1, keepdim=True)
    return squares / (1 + squares) * s / (squares + 1e-30).sqrt()


def expanded(layer):
    """The weight with a matrix an input capsule, inputs last."""
    return layer.weight.repeat_interleave(layer.shape.inputs // layer.shape.matrices, dim=3)


def fixed(layer):
    return torch.no_grad() if layer.gradient == "last" else nullcontext()


def rba(layer, capsules):
    votes = torch.einsum("odei,bie->biod", expanded(layer), capsules)
    logits = votes.new_zeros(votes.shape[:3])
    for _ in range(layer.iterations - 1):
        with fixed(layer):
            poses = squash(torch.einsum("bio,biod->bod", logits.softmax(2), votes))
            logits = logits + torch.einsum("biod,bod->bio", votes, poses)
    couplings = logits.softmax(2)
    return squash(torch.einsum("bio,biod->bod", couplings, votes)), couplings


def sda(layer, capsules):
    votes = torch.einsum("odei,bie->biod", expanded(layer), capsules)
    longest = torch.einsum("bie,bie->bi", capsules, capsules).sqrt()[:, :, None]
    length = torch.einsum("biod,biod->bio", votes, votes).sqrt()
    votes = votes * (torch.minimum(longest, length) / length)[..., None]
    couplings = torch.full(votes.shape[:3], 1 / layer.shape.outputs, dtype=votes.dtype)
    for _ in range(layer.iterations - 1):
        with fixed(layer):
            apart = votes - squash(torch.einsum("bio,biod->bod", couplings, votes))[:, None]
            distances = torch.einsum("biod,biod->bio", apart, apart).sqrt()
            samples = []
            for sample in distances:
                rows = []
                for row in sample:
                    others = row.mean()
                    t = (log(0.9 * (len(row) - 1)) - log(1 - 0.9)) / (0.5 * others - others)
                    rows.append((t * row).softmax(0))
                samples.append(torch.stack(rows))
            couplings = torch.stack(samples)
    return squash(torch.einsum("bio,biod->bod", couplings, votes)), couplings


def em(layer, capsules):
    batch, inputs, _ = capsules.shape
    poses, active = capsules[..., :16].unflatten(2, (4, 4)), capsules[..., 16].sigmoid()
    votes = torch.einsum("birk,okci->biorc", poses, expanded(layer)).flatten(3)
    outputs = votes.shape[2]
    couplings = torch.full((batch, inputs, outputs), 1 / outputs, dtype=votes.dtype)
    for iteration in range(layer.iterations):
        final = iteration == layer.iterations - 1
        with nullcontext() if final else fixed(layer):
            weights = couplings * active[:, :, None]
            mass = weights.sum(1)
            means = torch.einsum("bio,bioh->boh", weights, votes) / mass[..., None]
            apart = (votes - means[:, None]).square()
            variances = torch.einsum("bio,bioh->boh", weights, apart) / mass[..., None] + 0.1
            costs = (layer.beta_u[:, None] + variances.sqrt().log()) * mass[..., None] * outputs / inputs
            logits = (1 - 0.95 ** (iteration + 1)) * (layer.beta_a - costs.sum(2))
            if not final:
                exponents = torch.einsum("bioh,boh->bio", apart, 1 / (2 * variances))
                scale = (2 * torch.pi * variances).prod(2).sqrt()
                likelihoods = logits.sigmoid()[:, None] * (-exponents).exp() / scale[:, None]
                couplings = likelihoods / likelihoods.sum(2, keepdim=True)
    return torch.cat([means, logits[..., None]], dim=2), couplings


@pytest.fixture
def plain():
    return SimpleNamespace(rba=rba, sda=sda, em=em)
