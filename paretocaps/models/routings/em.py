"""Expectation-maximisation routing of pose matrices (Hinton et al. 2018, Procedure 1) as a capsule layer.

How the paper is read: a state has 17 numbers, the 4x4 pose row by row and then the *logit* of the activation.
A skip adds whole states, poses and logits, so that chains of layers run backwards as those of vectors do.

The paper's cost is a sum over input capsules, which grows with their number; here it is that sum times O / I,
so that weights count as shares of what an output capsule gets on average. The inverse temperature in
iteration t = 0, 1, ... is lambda_t = 1 - 0.95^(t + 1), our choice: the paper has a fixed schedule, but does
not print it. Each output capsule learns its own beta_u and beta_a. All variances are raised by 0.1, so
that votes that agree wholly (a single vote, or all votes at 0) have a finite density.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from paretocaps.domain.routings.em import POSE, POSE_STATE
from paretocaps.domain.routings.routing import LayerShape
from paretocaps.errors import UsageError
from paretocaps.models.capsules import at_least_float32
from paretocaps.models.convolution import compute_dtype
from paretocaps.models.routings.base import CapsuleLayer, RoutingGradient
from paretocaps.models.routings.gaussians import Gaussians, Operands, fit


class PoseMatrices(CapsuleLayer):
    """A layer of 4x4 poses and activations; a Gaussian per output capsule fits the votes V_ij = M_i W_ij.

    `weight` is [O, 4, 4, M], `beta_u` and `beta_a` are [O]; there is no other bias, whatever `bias` is.
    With gradient "last" the couplings are constants in the backward pass, so that activations learn
    little: on small problems only "all" learned, which is what the paper does.

    Raises:
        UsageError: as `CapsuleLayer`, or a state does not have 17 numbers.
    """

    INPUT_DIM = 3

    def __init__(
        self, shape: LayerShape, iterations: int, *, gradient: RoutingGradient = "last", bias: bool = False
    ) -> None:
        super().__init__(shape, iterations, gradient=gradient, bias=bias)
        if (shape.in_dim, shape.out_dim) != (POSE_STATE, POSE_STATE):
            raise UsageError(
                f"em cannot route capsules of {shape.in_dim} to capsules of {shape.out_dim} numbers:"
                f" both need {POSE_STATE}, a 4x4 pose and an activation"
            )
        self.weight = nn.Parameter(torch.empty(shape.outputs, POSE, POSE, shape.matrices))
        self.beta_u = nn.Parameter(torch.empty(shape.outputs))
        self.beta_a = nn.Parameter(torch.empty(shape.outputs))

    def initialise(self, generator: torch.Generator, std: float) -> None:
        """Draw matrices from the identity plus N(0, std), and set beta_u and beta_a to 0.

        Votes then start as the poses themselves, however deep the network is. With N(0, std) alone, stacks
        of three layers learned less on small images, and far less at std 0.1.
        """
        nn.init.normal_(self.weight, std=std, generator=generator)
        with torch.no_grad():
            self.weight.add_(torch.eye(POSE, device=self.weight.device).unsqueeze(-1))
        nn.init.zeros_(self.beta_u)
        nn.init.zeros_(self.beta_a)

    @staticmethod
    def scores(state: Tensor) -> Tensor:
        """Return the activations [B, O] of states [B, O, 17]."""
        return at_least_float32(state[..., -1]).sigmoid()

    def forward(self, capsules: Tensor) -> Tensor:
        """Return output states [B, O, 17], in float32 at least, for input states [B, I, 17]."""
        operands = self._operands(capsules)
        if self.gradient == "all":
            couplings = self._iterate(operands)
        else:
            with torch.no_grad():
                couplings = self._iterate(operands)
        found = fit(operands, couplings, densities=False)
        logits = self._activation(found, self.iterations - 1)
        poses = found.means.transpose(1, 2).flatten(1, 2)  # [O, 16, B], row by row
        return torch.cat([poses, logits.unsqueeze(1)], dim=1).permute(2, 0, 1)

    @torch.no_grad()
    def couplings(self, capsules: Tensor) -> Tensor:
        """Return the couplings R_ij of the last iteration, [B, I, O], without gradient."""
        return self._iterate(self._operands(capsules)).permute(3, 0, 2, 1).flatten(1, 2)

    def _operands(self, capsules: Tensor) -> Operands:
        batch, dtype = capsules.shape[0], compute_dtype(self.weight)
        poses = capsules[..., :-1].reshape(batch, self.shape.matrices, -1, POSE, POSE).to(dtype)
        present = at_least_float32(capsules[..., -1]).sigmoid().view(batch, self.shape.matrices, 1, -1)
        return Operands(
            poses.permute(1, 4, 2, 3, 0).contiguous(),
            self.weight.to(dtype).permute(3, 0, 2, 1).contiguous(),
            present.permute(1, 2, 3, 0).contiguous(),
        )

    def _iterate(self, operands: Operands) -> Tensor:
        """Couplings of the last iteration, [M, O, R, B]."""
        outputs = self.shape.outputs
        couplings = torch.full_like(operands.present, 1 / outputs).expand(-1, outputs, -1, -1)
        for iteration in range(self.iterations - 1):
            found = fit(operands, couplings, densities=True)
            activations = functional.logsigmoid(self._activation(found, iteration))
            couplings = (found.densities + activations.unsqueeze(1)).softmax(1)
        return couplings

    def _activation(self, found: Gaussians, iteration: int) -> Tensor:
        """The logits of the activations, lambda (beta_a - sum_h (beta_u + log sigma_h) mass), [O, B]."""
        share = found.mass * (self.shape.outputs / self.shape.inputs)
        cost = (POSE * POSE * self.beta_u.unsqueeze(1) + found.logs) * share
        return inverse_temperature(iteration) * (self.beta_a.unsqueeze(1) - cost)


def inverse_temperature(iteration: int) -> float:
    """Return lambda of an iteration, counted from 0."""
    return 1.0 - 0.95 ** (iteration + 1)
