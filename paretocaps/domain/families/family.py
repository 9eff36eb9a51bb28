"""The torch-free descriptor of a family of networks, which is all that code outside its own module uses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from paretocaps.domain.condition import Condition
from paretocaps.domain.space import Scalar

PLAIN = "convolutions"
"""The trunk of the CapsNet papers: one or two convolutions."""

CAPSULE_CHOICES = (
    "primary_capsules",
    "init",
    "routing",
    "routing_iterations",
    "routing_gradient",
    "weight_sharing",
    "decoder",
    "pruning_ratio",
)
"""The choices of every family that has capsules."""


@dataclass(frozen=True, kw_only=True)
class OwnChoice:
    """A choice that a family adds.

    Attributes:
        type: the pydantic type of its values, bounds included, such as `Annotated[int, Field(ge=1)]`.
        default: its value when none is given.
        description: what it means, in one line.
        when: the condition, besides the family, under which the choice has a meaning.
    """

    type: Any
    default: Scalar
    description: str
    when: Condition = field(default_factory=Condition)


@dataclass(frozen=True, kw_only=True, eq=False)
class Family:
    """Networks that are built alike.

    Attributes:
        name: the value of the choice `family`.
        description: what its networks are, in one line.
        module: `"module:attribute"` of its `models.network.Network`, which is built from an `Architecture`.
        parts: `"module:attribute"` of a torch-free function from an `Architecture` to its
            `models.complexity.Part`s; the first part reads the image.
        kept: `"module:attribute"` of a torch-free function from an `Architecture`, and whether its trunk is
            frozen, to the `models.training_memory.Kept` numbers of a training; empty for that of capsule
            networks, if it has their parts.
        choices: the trainer's choices that have a meaning for this family but not for every family.
        own: the choices that it adds, by name; `Architecture.own` has their values.
        allowed: by name, the values that it allows of a trainer's choice, if it does not allow all.
        defaults: the trainer's choices that have another default here: the value, or a function from the
            given choices to it.
        fewest_blocks: the smallest number of blocks.
        trunk: what precedes its primary capsules: "convolutions", or a name in `models.trunks`.
        trunk_choice: the choice whose value names its trunk; empty for none.
        chain: `"module:attribute"` of the `models.chain.PlainChain` that its blocks form.
        reversible: whether a training keeps only the last state of that chain.
        class_bias: whether the class capsules have a bias in a network without blocks.
        paper_std: the standard deviation of the capsule layers' initial weights in its paper (`init`
            "paper").
        prunes: what pruning makes narrower besides the capsule types: the convolutions of the "stem" or of
            the "trunk"; "nothing" if its networks cannot be pruned. Networks to prune must be a `CapsNet`.
        loss: the loss that it is trained and evaluated with, whatever is chosen; None for the choice `loss`.
        measured: quantities that its paper reports, which are measured even if no objective needs them.
        smallest_side: the least number of pixels on the shorter side of its images.
        resizes: which images it resizes if `image_size` is 0: those "smaller" than `own_side`, all of them
            ("always") or none ("never").
        own_side: the side in pixels to which they are resized; 0 for `smallest_side`.
        same_as: by the name of another family, the values of choices with which its networks are those of
            that family, initial weights and training included.
    """

    name: str
    description: str
    module: str
    parts: str = "paretocaps.models.complexity:capsnet_parts"
    kept: str = ""
    choices: tuple[str, ...] = CAPSULE_CHOICES
    own: Mapping[str, OwnChoice] = field(default_factory=dict)
    allowed: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    fewest_blocks: int = 0
    trunk: str = PLAIN
    trunk_choice: str = ""
    chain: str = "paretocaps.models.chain:PlainChain"
    reversible: bool = False
    class_bias: bool = False
    paper_std: float = 0.01
    prunes: Literal["stem", "trunk", "nothing"] = "nothing"
    loss: Literal["cross_entropy"] | None = None
    measured: tuple[str, ...] = ()
    smallest_side: int
    resizes: Literal["never", "smaller", "always"] = "never"
    own_side: int = 0
    same_as: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict)

    @property
    def has_capsules(self) -> bool:
        """Whether its networks have capsules that are routed."""
        return "routing" in self.choices

    def default_choices(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return its defaults, given the choices in `values`."""
        return {name: said(values) if callable(said) else said for name, said in self.defaults.items()}

    def trunk_of(self, values: Mapping[str, Any]) -> str:
        """Return the name of the trunk for complete choices `values`."""
        return str(values[self.trunk_choice]) if self.trunk_choice else self.trunk

    def resized(self, side: int) -> int | None:
        """Return the side to which images with shorter side `side` are resized; None to leave their size."""
        wanted = self.own_side or self.smallest_side
        if self.resizes == "always" or (self.resizes == "smaller" and side < wanted):
            return wanted
        return None
