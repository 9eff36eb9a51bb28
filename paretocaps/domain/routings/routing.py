"""What a routing is to everything but its own layer: a descriptor, which needs no torch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from paretocaps.errors import UsageError

MOST_ITERATIONS = 5


@dataclass(frozen=True)
class LayerShape:
    """The sizes of a capsule layer.

    Attributes:
        inputs, outputs: input capsules I and output capsules O.
        in_dim, out_dim: numbers E and D in the state of an input and of an output capsule.
        matrices: M, matrices per output capsule. Input capsules come in runs of I / M that share one;
            M = I without weight sharing.

    Raises:
        UsageError: a size is below 1, or `inputs` is no multiple of `matrices`.
    """

    inputs: int
    outputs: int
    in_dim: int
    out_dim: int
    matrices: int

    def __post_init__(self) -> None:
        smallest = min(self.inputs, self.outputs, self.in_dim, self.out_dim, self.matrices)
        if smallest < 1 or self.inputs % self.matrices:
            raise UsageError(
                f"a capsule layer of {self} cannot be: sizes are 1 or more, inputs a multiple of matrices"
            )

    @property
    def pairs(self) -> int:
        """Pairs of an input and an output capsule, I O."""
        return self.inputs * self.outputs


def vector_weights(shape: LayerShape) -> int:
    """Return the trained parameters of a layer whose votes are matrices times vectors, without a bias."""
    return shape.outputs * shape.out_dim * shape.in_dim * shape.matrices


def vector_votes(shape: LayerShape) -> int:
    """Return the multiply-adds of all votes of such a layer, for one sample."""
    return shape.pairs * shape.in_dim * shape.out_dim


def agreement_sums(shape: LayerShape, iterations: int) -> int:
    """Return the multiply-adds of one weighted sum per iteration, and one agreement between any two."""
    return shape.pairs * shape.out_dim * (2 * iterations - 1)


def as_asked(dimensions: int) -> int:
    """Return the numbers in the state of a capsule that is its pose alone."""
    return dimensions


@dataclass(frozen=True, kw_only=True)
class Routing:
    """A way in which input capsules are routed to output capsules.

    The defaults are those of capsules that are squashed vectors, as in Sabour et al. 2017.

    Attributes:
        name: what the choice is called.
        description: what the routing does, in one line.
        layer: `"module:attribute"` of its `models.routings.base.CapsuleLayer`.
        state_dim: from the pose dimensions that are asked for to the numbers in a capsule's state.
        squashed: whether capsules, the primary ones too, are squashed to a length below 1.
        activation: whether the last number of a state is an activation and no part of the pose.
        class_bias: whether the class capsules of a network without blocks have a bias.
        losses: the values of the choice `loss` that the routing can be trained with, its default first.
        gradient: the default of the choice `routing_gradient`.
        parameters: trained parameters of a layer of a shape, without a bias.
        votes: forward multiply-adds per sample of forming every vote once, for a layer of a shape.
        sums: forward multiply-adds per sample of all that follows in some iterations, by the plain
            algorithm: each sum over the votes' numbers counts one multiply-add per number.
        std: standard deviation that the weights are drawn with; None derives it from each layer's sizes.
        skip_scale: what the drawn weights of layers with a skip are multiplied by.
        growth: how many times float64's rounding errors may grow before a rebuilt input of such a layer
            is too far off (`models.chain`).
    """

    name: str
    description: str
    layer: str
    state_dim: Callable[[int], int] = as_asked
    squashed: bool = True
    activation: bool = False
    class_bias: bool = True
    losses: tuple[str, ...] = ("margin",)
    gradient: Literal["last", "all"] = "last"
    parameters: Callable[[LayerShape], int] = vector_weights
    votes: Callable[[LayerShape], int] = vector_votes
    sums: Callable[[LayerShape, int], int] = agreement_sums
    std: float | None = None
    skip_scale: float = 1.0
    growth: float = 1e8

    def multiply_adds(self, shape: LayerShape, iterations: int) -> int:
        """Return the forward multiply-adds per sample of a layer of `shape`: its votes and their sums."""
        return self.votes(shape) + self.sums(shape, iterations)
