"""Class capsules: every primary capsule votes for every class, and routing weighs the votes."""

import torch
from torch import Tensor, nn

from paretocaps.models import routing
from paretocaps.models.capsules import squash
from paretocaps.models.convolution import compute_dtype


class ClassCapsules(nn.Module):
    """One capsule of `dimensions` poses a class (DigitCaps of Sabour et al. 2017).

    `weight` is [O, D, E, M]: for each class and each of M matrices a D x E matrix. M is the number of
    input capsules, or, with weight sharing, of their types: FasTrCaps' Algorithm 4, read as one
    matrix a capsule type, used at all positions of its map and never copied to them. `bias` [O, D] is
    added to the sum of the votes before it is squashed.

    Args:
        classes, dimensions: output capsules O and their poses D.
        inputs: poses E of an input capsule.
        matrices: M; input capsules come in runs of I / M that share a matrix.
        iterations: iterations of routing by agreement.
        full_gradient: differentiate all iterations, see `routing.route`.
    """

    def __init__(
        self,
        classes: int,
        dimensions: int,
        inputs: int,
        matrices: int,
        iterations: int,
        *,
        full_gradient: bool = False,
    ) -> None:
        super().__init__()
        self.iterations, self.full_gradient = iterations, full_gradient
        self.weight = nn.Parameter(torch.empty(classes, dimensions, inputs, matrices))
        self.bias = nn.Parameter(torch.empty(classes, dimensions))

    def forward(self, capsules: Tensor) -> Tensor:
        """Return class capsules [B, O, D] for primary capsules [B, I, E]."""
        sums = routing.route(
            capsules.permute(2, 1, 0),
            self.weight,
            self.bias,
            self.iterations,
            full_gradient=self.full_gradient,
            dtype=compute_dtype(self.weight),
        )
        return squash(sums, dim=1).permute(2, 0, 1)

    def couplings(self, capsules: Tensor) -> Tensor:
        """Return the couplings of the last iteration, [B, I, O], without gradient."""
        coupling = routing.couplings(capsules.permute(2, 1, 0), self.weight, self.bias, self.iterations)
        return coupling.permute(2, 1, 0)
