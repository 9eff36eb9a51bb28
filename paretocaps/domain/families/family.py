"""What a family of networks is to everything but its own module: a descriptor, which needs no torch."""

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
    """A choice that a family brings along.

    Attributes:
        type: what pydantic reads its values as, bounds included, such as `Annotated[int, Field(ge=1)]`.
        default: its value where nothing is said.
        description: what it means, in one line.
        when: what must hold beside the family for the choice to have a meaning.
    """

    type: Any
    default: Scalar
    description: str
    when: Condition = field(default_factory=Condition)


@dataclass(frozen=True, kw_only=True, eq=False)
class Family:
    """Networks that are built alike.

    Attributes:
        name: what the choice is called.
        description: what its networks are, in one line.
        module: `"module:attribute"` of its `models.network.Network`, which is made from an `Architecture`.
        parts: `"module:attribute"` of the function from an `Architecture` to its `models.complexity.Part`s,
            which needs no torch; the first part reads the image.
        choices: of the trainer's choices those that have a meaning for this family and not for every one.
        own: the choices that it brings along, by name; `Architecture.own` has their values.
        allowed: the values of the trainer's choices that it takes, by name, where it does not take all.
        defaults: the trainer's choices whose default is another one here, each with its value, or with a
            function from what is set to its value.
        fewest_blocks: how many blocks it has at least.
        trunk: what comes before its primary capsules: "convolutions", or a name in `models.trunks`.
        trunk_choice: the choice that names its trunk, where a choice does.
        chain: `"module:attribute"` of the `models.chain.PlainChain` that its blocks form.
        class_bias: whether the class capsules have a bias where there are no blocks.
        paper_std: standard deviation of the capsule layers' weights that its paper draws (`init` "paper").
        prunes: what pruning makes narrower beside the capsule types: the convolutions of the "stem" or of
            the "trunk"; "nothing" where its networks cannot be pruned. What can be pruned is a `CapsNet`.
        loss: the loss that it is trained and judged by whatever is chosen; None for the choice `loss`.
        measured: quantities that its paper reports, measured though no objective asks for them.
        smallest_side: pixels that its images must have on their shorter side.
        resizes: which images it resizes where `image_size` is 0: those that are "smaller" than
            `own_side`, all of them ("always") or none ("never").
        own_side: pixels on a side that they are resized to; 0 for `smallest_side`.
    """

    name: str
    description: str
    module: str
    parts: str = "paretocaps.models.complexity:capsnet_parts"
    choices: tuple[str, ...] = CAPSULE_CHOICES
    own: Mapping[str, OwnChoice] = field(default_factory=dict)
    allowed: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    fewest_blocks: int = 0
    trunk: str = PLAIN
    trunk_choice: str = ""
    chain: str = "paretocaps.models.chain:PlainChain"
    class_bias: bool = False
    paper_std: float = 0.01
    prunes: Literal["stem", "trunk", "nothing"] = "nothing"
    loss: Literal["cross_entropy"] | None = None
    measured: tuple[str, ...] = ()
    smallest_side: int
    resizes: Literal["never", "smaller", "always"] = "never"
    own_side: int = 0

    @property
    def has_capsules(self) -> bool:
        """Whether its networks have capsules that are routed."""
        return "routing" in self.choices

    def default_choices(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return its defaults where `values` are set."""
        return {name: said(values) if callable(said) else said for name, said in self.defaults.items()}

    def trunk_of(self, values: Mapping[str, Any]) -> str:
        """Return the name of the trunk that complete choices ask for."""
        return str(values[self.trunk_choice]) if self.trunk_choice else self.trunk

    def resized(self, side: int) -> int | None:
        """Return the side to which images are resized whose shorter one is `side`; None for not at all."""
        wanted = self.own_side or self.smallest_side
        if self.resizes == "always" or (self.resizes == "smaller" and side < wanted):
            return wanted
        return None
