"""The routings by name, with what they cost; nothing here imports torch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from paretocaps.errors import UsageError
from paretocaps.registry import Registry

MOST_ITERATIONS = 5
POSE = 4
"""Rows and columns of a pose matrix."""
POSE_STATE = POSE * POSE + 1
"""Numbers in the state of a capsule with a pose matrix: the matrix, row by row, then an activation."""


@dataclass(frozen=True)
class LayerShape:
    """The sizes of a capsule layer.

    Attributes:
        inputs, outputs: input capsules I and output capsules O.
        in_dim, out_dim: numbers E and D in the state of an input and of an output capsule.
        matrices: M, matrices an output capsule. Input capsules come in runs of I / M that share one;
            M = I without weight sharing.

    Raises:
        UsageError: a size below 1, or `inputs` that are no multiple of `matrices`.
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


@dataclass(frozen=True)
class Routing:
    """A way in which input capsules are routed to output capsules.

    Attributes:
        name: what the choice is called.
        state_dim: numbers in the state of a capsule, for the pose dimensions asked for.
        parameters: trained parameters of a layer of a shape, without a bias.
        multiply_adds: forward multiply-adds a sample of a layer of a shape with some iterations, by the
            plain algorithm: every vote formed once, and every sum over the votes' numbers counted
            as a multiply-add a number.
        layer: `"module:attribute"` of the `base.CapsuleLayer`.
        gradient: the gradient through the iterations that it learns with, "last" or "all". On 1,000
            8x8 images of digits, 3 iterations, 190 to 640 steps: rba reached 0.87 to 0.92 with "last";
            sda 0.94 with "all", 0.3 to 0.7 with "last"; em 0.87 to 0.92, and 0.09 to 0.36.
        growth: how many times float64's rounding errors may grow before a rebuilt input of such a layer
            is too far off (`models.chain`). em's densities are steep: small errors become large ones.
    """

    name: str
    state_dim: Callable[[int], int]
    parameters: Callable[[LayerShape], int]
    multiply_adds: Callable[[LayerShape, int], int]
    layer: str
    gradient: Literal["last", "all"]
    growth: float = 1e8


def _asked(dimensions: int) -> int:
    return dimensions


def _pose_state(_: int) -> int:
    return POSE_STATE


def _vote_weights(shape: LayerShape) -> int:
    return shape.outputs * shape.out_dim * shape.in_dim * shape.matrices


def _agreement_sums(shape: LayerShape, iterations: int) -> int:
    """Votes, a weighted sum an iteration, and an agreement between any two."""
    return shape.pairs * shape.out_dim * (shape.in_dim + 2 * iterations - 1)


def _distance_sums(shape: LayerShape, iterations: int) -> int:
    """As for agreements, with distances in their place, plus the lengths of capsules and votes."""
    return _agreement_sums(shape, iterations) + shape.pairs * shape.out_dim + shape.inputs * shape.in_dim


def _pose_weights(shape: LayerShape) -> int:
    """The matrices and two biases an output capsule."""
    return shape.outputs * (POSE * POSE * shape.matrices + 2)


def _moment_sums(shape: LayerShape, iterations: int) -> int:
    """Products of matrices, a mean and a variance an iteration, and a density between any two."""
    return shape.pairs * POSE * POSE * (POSE + 3 * iterations - 1)


ROUTINGS: Registry[Routing] = Registry(
    "routing",
    {
        "rba": Routing(
            "rba", _asked, _vote_weights, _agreement_sums, "paretocaps.models.routings.rba:Agreement", "last"
        ),
        "sda": Routing(
            "sda",
            _asked,
            _vote_weights,
            _distance_sums,
            "paretocaps.models.routings.sda:ScaledDistance",
            "all",
        ),
        "em": Routing(
            "em",
            _pose_state,
            _pose_weights,
            _moment_sums,
            "paretocaps.models.routings.em:PoseMatrices",
            "all",
            growth=1e4,
        ),
    },
)
