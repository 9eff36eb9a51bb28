"""The base of all capsule layers, whatever their routing."""

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from paretocaps.domain.routings.routing import MOST_ITERATIONS, LayerShape, Routing
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.errors import UsageError
from paretocaps.models.capsules import lengths

RoutingGradient = Literal["last", "all"]


class CapsuleLayer(nn.Module, ABC):
    """A layer of output capsules that input capsules vote for; routing weighs the votes.

    A state is all the numbers of a capsule: the last dimension of [B, I, E] and [B, O, D]. A new layer's
    parameters are undefined until `initialise` is called.

    Args:
        shape: the layer's sizes.
        iterations: iterations of routing, 1 to 5.
        gradient: what the backward pass passes through: "last" takes the couplings of the last iteration
            as constants, "all" differentiates every iteration. The two agree for one iteration.
        bias: whether the output capsules have a bias, if the routing allows one.

    Raises:
        UsageError: the iterations are not 1 to 5, the gradient is unknown, or the shape cannot be routed.
    """

    weight: nn.Parameter
    INPUT_DIM: ClassVar[int]
    """The dimension of `weight` that counts matrices."""

    def __init__(
        self, shape: LayerShape, iterations: int, *, gradient: RoutingGradient = "last", bias: bool = False
    ) -> None:
        super().__init__()
        if not 1 <= iterations <= MOST_ITERATIONS:
            raise UsageError(f"{iterations} iterations of routing: choose 1 to {MOST_ITERATIONS}")
        if gradient not in ("last", "all"):
            raise UsageError(f"routing gradient {gradient!r} is unknown: choose 'last' or 'all'")
        self.shape, self.iterations, self.gradient = shape, iterations, gradient

    @abstractmethod
    def forward(self, capsules: Tensor) -> Tensor:
        """Return the output capsules' states [B, O, D] for input capsules' states [B, I, E]."""

    @abstractmethod
    def couplings(self, capsules: Tensor) -> Tensor:
        """Return the couplings of the last iteration, [B, I, O], without gradient; they sum to 1 over O."""

    @abstractmethod
    def initialise(self, generator: torch.Generator, std: float) -> None:
        """Initialise all parameters; `std` is the standard deviation of the weights."""

    @staticmethod
    def scores(state: Tensor) -> Tensor:
        """Return how sure each capsule is that its class is in the image: [B, O] in [0, 1], for [B, O, D]."""
        return lengths(state)


class VectorLayer(CapsuleLayer):
    """A layer whose states are vectors: `weight` [O, D, E, M], `bias` [O, D] or None.

    The bias is added to the sum of the votes before it is squashed.
    """

    INPUT_DIM = 3

    def __init__(
        self, shape: LayerShape, iterations: int, *, gradient: RoutingGradient = "last", bias: bool = False
    ) -> None:
        super().__init__(shape, iterations, gradient=gradient, bias=bias)
        sizes = shape.outputs, shape.out_dim, shape.in_dim, shape.matrices
        self.weight = nn.Parameter(torch.empty(sizes))
        self.bias = nn.Parameter(torch.empty(sizes[:2])) if bias else None

    def initialise(self, generator: torch.Generator, std: float) -> None:
        """Draw the weights from N(0, std), and set the bias to 0."""
        nn.init.normal_(self.weight, std=std, generator=generator)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def added(self) -> Tensor:
        """Return the bias, [O, D]; it is 0 where the layer has none."""
        return self.weight.new_zeros(self.weight.shape[:2]) if self.bias is None else self.bias


def layer_class(routing: Routing) -> type[CapsuleLayer]:
    """Return the layer of a routing.

    Raises:
        ParetocapsError: its module cannot be imported; the message names the plug-in and its package.
    """
    found: type[CapsuleLayer] = ROUTINGS.resolve(routing.name, routing.layer)
    return found


def scores(state: Tensor, routing: Routing) -> Tensor:
    """Return class scores [B, O] in [0, 1] for states [B, O, D]: lengths, or em's activations."""
    return layer_class(routing).scores(state)
