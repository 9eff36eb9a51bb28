"""The layer itself; only a process that builds networks imports this."""

from contextlib import nullcontext

import torch
from torch import Tensor
from torch.nn.functional import normalize

from paretocaps.models.capsules import squash
from paretocaps.models.routings.base import VectorLayer

SHARPNESS = 4.0
"""What cosines are multiplied by before the softmax."""


class Cosine(VectorLayer):
    """Couplings are a softmax of cosines, which replace those of the iteration before."""

    def forward(self, capsules: Tensor) -> Tensor:
        """Return output capsules [B, O, D], squashed, for input capsules [B, I, E]."""
        return self.route(capsules)[0]

    @torch.no_grad()
    def couplings(self, capsules: Tensor) -> Tensor:
        """Return the couplings of the last iteration, [B, I, O], without gradient."""
        return self.route(capsules)[1]

    def route(self, capsules: Tensor) -> tuple[Tensor, Tensor]:
        """Return output capsules [B, O, D] and couplings [B, I, O] of the last iteration."""
        weight = self.weight.repeat_interleave(self.shape.inputs // self.shape.matrices, dim=3)
        votes = torch.einsum("odei,bie->biod", weight, capsules.to(weight.dtype))
        votes = votes.to(weight.dtype)  # less under autocast
        with torch.autocast(votes.device.type, enabled=False):
            couplings = votes.new_full(votes.shape[:3], 1 / self.shape.outputs)
            for _ in range(self.iterations - 1):
                with torch.no_grad() if self.gradient == "last" else nullcontext():
                    outputs = self._outputs(votes, couplings)
                    directions = normalize(votes, dim=3), normalize(outputs, dim=2)
                    cosines = torch.einsum("biod,bod->bio", *directions)
                    couplings = (SHARPNESS * cosines).softmax(2)
            return self._outputs(votes, couplings), couplings

    def _outputs(self, votes: Tensor, couplings: Tensor) -> Tensor:
        return squash(torch.einsum("bio,biod->bod", couplings, votes) + self.added(), dim=2)
