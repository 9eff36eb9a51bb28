"""Routing by agreement (Sabour et al. 2017, Procedure 1) as a capsule layer."""

from torch import Tensor

from paretocaps.models import agreement
from paretocaps.models.capsules import squash
from paretocaps.models.convolution import compute_dtype
from paretocaps.models.routings.base import VectorLayer


class Agreement(VectorLayer):
    """A layer whose couplings grow with the scalar product of vote and output capsule (`agreement.route`)."""

    def forward(self, capsules: Tensor) -> Tensor:
        """Return output capsules [B, O, D], squashed, for input capsules [B, I, E]."""
        sums = agreement.route(
            capsules.permute(2, 1, 0),
            self.weight,
            self.added(),
            self.iterations,
            full_gradient=self.gradient == "all",
            dtype=compute_dtype(self.weight),
        )
        return squash(sums, dim=1).permute(2, 0, 1)

    def couplings(self, capsules: Tensor) -> Tensor:
        """Return the couplings of the last iteration, [B, I, O], without gradient."""
        found = agreement.couplings(capsules.permute(2, 1, 0), self.weight, self.added(), self.iterations)
        return found.permute(2, 1, 0)
