"""The torch-free descriptor of a routing, which is all that code outside the routing's own layer uses."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from paretocaps.errors import UsageError

MOST_ITERATIONS = 5


@dataclass(frozen=True)
class LayerShape:
    """The sizes of a capsule layer.

    Attributes:
        inputs, outputs: the number I of input capsules and O of output capsules.
        in_dim, out_dim: how many numbers (E and D) the state of an input and of an output capsule has.
        matrices: the number M of matrices per output capsule. Each matrix is shared by I / M consecutive
            input capsules; M = I without weight sharing.

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
                f"a capsule layer of {self} is not possible: sizes must be 1 or more, and inputs a multiple"
                " of matrices"
            )

    @property
    def pairs(self) -> int:
        """The number of pairs of an input and an output capsule, I O."""
        return self.inputs * self.outputs


def vector_weights(shape: LayerShape) -> int:
    """Return the number of parameters, biases apart, of a layer whose votes are matrices times vectors."""
    return shape.outputs * shape.out_dim * shape.in_dim * shape.matrices


def vector_votes(shape: LayerShape) -> int:
    """Return the multiply-adds of all votes of such a layer, per image."""
    return shape.pairs * shape.in_dim * shape.out_dim


def agreement_sums(shape: LayerShape, iterations: int) -> int:
    """Return the multiply-adds per image of one weighted sum per iteration and the agreements in between."""
    return shape.pairs * shape.out_dim * (2 * iterations - 1)


def couplings_kept(shape: LayerShape, iterations: int, every: bool) -> int:
    """Return the numbers that a training keeps per image of a layer that keeps its couplings.

    They are those of all iterations but the first, whose couplings are equal, if all are differentiated, else
    those of the last iteration.
    """
    return shape.pairs * (iterations - 1 if every else min(1, iterations - 1))


def pose_alone(dimensions: int) -> int:
    """Return how many numbers a capsule's state has if it is its pose alone: the pose dimensions."""
    return dimensions


@dataclass(frozen=True, kw_only=True)
class Routing:
    """An algorithm that routes input capsules to output capsules.

    The defaults suit capsules that are squashed vectors, as in Sabour et al. 2017.

    Attributes:
        name: the value of the choice `routing`.
        description: what the routing does, in one line.
        layer: `"module:attribute"` of its `models.routings.base.CapsuleLayer`.
        state_dim: a function from the wanted pose dimensions to how many numbers a capsule's state has.
        squashed: whether capsules, the primary ones too, are squashed to a length below 1.
        activation: whether the last number of a state is an activation and not part of the pose.
        class_bias: whether the class capsules of a network without blocks have a bias.
        losses: the values of the choice `loss` that the routing can be trained with, its default first.
        gradient: the default of the choice `routing_gradient`.
        parameters: a function from a layer's shape to its number of parameters, biases apart.
        votes: a function from a layer's shape to the forward multiply-adds per image of all its votes.
        sums: a function from a layer's shape and a number of iterations to the forward multiply-adds per
            image after the votes, by the plain algorithm: a sum over the votes counts one per number.
        kept: a function from a layer's shape, a number of iterations, and whether all of them are
            differentiated, to the float32 numbers that a training keeps per image for the backward pass,
            besides the states of the capsules.
        std: the standard deviation of the initial weights; None derives it from each layer's sizes.
        skip_scale: the factor by which the initial weights of layers with a skip are multiplied.
        growth: the factor by which float64's rounding errors may grow before a recomputed input of a layer
            with a skip is too inaccurate (`models.chain`).
    """

    name: str
    description: str
    layer: str
    state_dim: Callable[[int], int] = pose_alone
    squashed: bool = True
    activation: bool = False
    class_bias: bool = True
    losses: tuple[str, ...] = ("margin",)
    gradient: Literal["last", "all"] = "last"
    parameters: Callable[[LayerShape], int] = vector_weights
    votes: Callable[[LayerShape], int] = vector_votes
    sums: Callable[[LayerShape, int], int] = agreement_sums
    kept: Callable[[LayerShape, int, bool], int] = couplings_kept
    std: float | None = None
    skip_scale: float = 1.0
    growth: float = 1e8

    def multiply_adds(self, shape: LayerShape, iterations: int) -> int:
        """Return the forward multiply-adds per image of a layer of `shape`: its votes and their sums."""
        return self.votes(shape) + self.sums(shape, iterations)


def check_routing(name: str, routing: Routing) -> None:
    """Check a routing's descriptor as far as it can be checked without its layer.

    Raises:
        UsageError: it has another name, no loss, or counts that are no whole numbers.
    """
    if routing.name != name:
        raise UsageError(f"its descriptor is called {routing.name!r}")
    if not routing.losses:
        raise UsageError("it names no loss")
    dim = routing.state_dim(8)
    shape = LayerShape(4, 3, dim, dim, 4)
    for count in (routing.parameters(shape), routing.votes(shape), routing.sums(shape, 2)):
        if not isinstance(count, int):
            raise UsageError(f"it counts {count!r} in {shape}: counts are whole numbers")
