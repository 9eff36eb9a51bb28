"""The choices that a study can make for one training of a capsule network."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from paretocaps.domain.choices_model import ChoicesModel, NameIn
from paretocaps.domain.condition import Condition
from paretocaps.domain.families.backbone_caps import BACKBONE, BACKBONES, Backbone
from paretocaps.domain.families.families import BASELINE as BASELINE_FAMILY
from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.routings.routing import MOST_ITERATIONS
from paretocaps.domain.routings.routings import BASELINE as BASELINE_ROUTING
from paretocaps.domain.routings.routings import ROUTINGS

Share = Annotated[float, Field(ge=0.0, le=0.95)]
BatchSize = Annotated[int, Field(ge=1, le=65_536)]
Rate = Annotated[float, Field(gt=0.0, le=0.1)]
# pydantic compares a Literal of numbers without converting, so text of the command line is converted here
FromText = BeforeValidator(
    lambda value: int(value) if isinstance(value, str) and value.isdecimal() else value
)


_POLICIES: Mapping[str, Mapping[str, Any]] = {
    "exponential": {"decay_rate": 0.96, "decay_every": 2000},
    "step_decay": {"decay_rate": 0.7, "decay_every": 2},
    "epoch_decay": {"decay_rate": 0.96, "decay_every": 1},
    "explore_exploit": {"lr_min": 3e-5},
}
"""The papers' decays: X-TrainCaps decays per step, the hybrids every 2 epochs, MoCapsNet per epoch.

`lr_min` is what Ranger21's schedule goes down to.
"""

_WITH_FLOOR = ("one_cycle", "warm_restarts", "explore_exploit")
"""The policies by which the learning rate falls to a given value."""

_OPTIMIZERS: Mapping[str, Mapping[str, Any]] = {
    "adamw": {"weight_decay": 1e-2},
    "ranger21": {"weight_decay": 1e-4, "lr_policy": "explore_exploit"},
}
"""The defaults of an optimiser: its own weight decay and schedule."""


def _meant(name: str) -> Condition:
    """Return the condition that the family is one for which the choice called `name` has a meaning."""
    return Condition.among("family", FAMILIES.where(lambda family: name in family.choices))


class Choices(ChoicesModel):
    """The choices of the built-in trainer; the defaults are the papers' baseline.

    The descriptions of the fields explain each choice. Some facts concern several of them:

    The default network is that of Sabour et al. 2017. With `blocks`, the primary capsules are followed by a
    first capsule layer, the layers of the blocks, and the class capsules.

    A step is an optimiser step everywhere: in learning rates, plans, `decay_every` and measured times. A
    batch size, chosen or scheduled, counts the images of one forward and backward pass, which have to fit
    into memory; where several ranks train together, they share these images, unless `batch_per_rank` gives
    each of them as many. A step takes `accumulate` such passes and uses the gradient of their mean loss, as
    for one large batch; the last step of an epoch takes the images that remain.

    Schedules are laid out for the whole training, even if `patience` ends it early.

    Example:
        ```python
        choices = paretocaps.Choices(lr_policy="one_cycle", batch_size=64)
        choices.active()  # every choice that has a meaning beside the others
        ```
    """

    family: Annotated[str, NameIn(FAMILIES)] = Field(
        BASELINE_FAMILY, description="Which family the network belongs to."
    )
    backbone: Backbone = Field(
        BACKBONE, description="The backbone whose feature maps the primary capsules, or a linear layer, read."
    )
    frozen: bool = Field(
        False, description="Whether the backbone keeps its weights while the rest of the network is trained."
    )
    checkpoint: str = Field(
        "",
        description="Where the backbone's initial weights come from: a file or a name on the Hugging Face"
        " hub; if it is empty, they are random.",
    )
    image_size: int = Field(
        0,
        ge=0,
        le=1024,
        description="The side in pixels to which images are resized first; 0 keeps their size if the family"
        " accepts it.",
    )
    blocks: int = Field(
        0,
        ge=0,
        le=128,
        description="How many blocks of two capsule layers lie between a first capsule layer and the class"
        " capsules; with 0 the primary capsules vote for the class capsules directly.",
    )
    capsules: Annotated[Literal[32, 64], FromText] = Field(
        32, description="How many capsules each layer between the primary and the class capsules has."
    )
    gamma: float = Field(
        0.9, ge=0.0, lt=1.0, description="The momentum with which the state passes through the blocks."
    )
    stem_convolutions: Annotated[Literal[1, 2], FromText] = Field(
        1, description="How many convolutions come before the one that makes the primary capsules."
    )
    primary_capsules: int = Field(
        32,
        ge=1,
        le=1024,
        description="How many types of primary capsules there are; the capsules of a type share one set of"
        " filters.",
    )
    init: Literal["auto", "paper"] = Field(
        "auto",
        description="How the weights of the capsule layers are initialised: `auto` so that they train,"
        " `paper` with the standard deviation that the family's paper names.",
    )
    routing: Annotated[str, NameIn(ROUTINGS)] = Field(
        BASELINE_ROUTING,
        description="The algorithm that decides how much each vote of an input capsule counts.",
    )
    routing_iterations: int = Field(
        3, ge=1, le=MOST_ITERATIONS, description="How many iterations the routing takes."
    )
    routing_gradient: Literal["last", "all"] = Field(
        "last",
        description="Which iterations of the routing the gradient passes through: the `last` one or `all`.",
    )
    weight_sharing: bool = Field(
        False, description="Whether all primary capsules of a type share their matrices."
    )
    decoder: Literal["full", "reduced", "none"] = Field(
        "full",
        description="What the decoder reads: with `full` all class capsules, all but one of them masked; with"
        " `reduced` that one alone; with `none` there is no decoder.",
    )
    loss: Literal["margin", "spread"] = Field(
        "margin",
        description="The loss of the class capsules: the `margin` loss of Sabour et al. 2017 or the `spread`"
        " loss of Hinton et al. 2018.",
    )
    pruning_ratio: Share = Field(
        0.0,
        description="The share of the network's forward multiply-adds (or the backbone's, see"
        " `pruning_share_of`) that pruning removes.",
    )
    pruning_share_of: Literal["network", "backbone"] = Field(
        "network",
        description="What `pruning_ratio` is a share of: the forward multiply-adds of the whole `network`, or"
        " of its `backbone` alone.",
    )
    pruning_start: float = Field(
        0.2, ge=0.0, lt=1.0, description="The share of the epochs that are trained before the pruning."
    )
    bottleneck: int = Field(
        0,
        ge=0,
        le=max(BACKBONES.values()),
        description="How many maps of a pruned backbone the primary capsules read, with a type for each"
        " 8 of them; 0 leaves it to the pruning.",
    )
    saliency: Literal["routing", "coupling", "activation", "magnitude", "random"] = Field(
        "routing",
        description="How the importance of a part is measured; pruning removes the least important ones.",
    )
    lr_policy: Literal[
        "fixed", "exponential", "one_cycle", "warm_restarts", "step_decay", "epoch_decay", "explore_exploit"
    ] = Field("fixed", description="How the learning rate changes from step to step.")
    cycle: Literal["epoch", "phase"] = Field(
        "epoch",
        description="How long the learning rate falls before it restarts: for an `epoch`, or for a `phase` of"
        " one batch size.",
    )
    decay_rate: float = Field(
        0.96, gt=0.0, le=1.0, description="The factor by which the learning rate falls at each decay."
    )
    decay_every: int = Field(
        2000,
        ge=1,
        description="How long one decay takes: in steps for `exponential`, in epochs for `step_decay` and"
        " `epoch_decay`.",
    )
    lr_min: Rate = Field(
        1e-4, description="How low the learning rate falls; `one_cycle` ends at a tenth of it."
    )
    lr_max: Rate = Field(1e-3, description="The learning rate, or its peak if the policy changes it.")
    lr_floor: float = Field(
        0.0,
        ge=0.0,
        le=1.0,
        description="How low the learning rate falls, as a share of `lr_max`; 0 leaves it to `lr_min`.",
    )
    batch_schedule: Literal["constant", "adabatch"] = Field(
        "constant",
        description="How the batch size changes: `adabatch` raises it from phase to phase.",
    )
    batch_size: BatchSize = Field(128, description="How many images a forward and backward pass has.")
    batch_per_rank: bool = Field(
        False,
        description="Whether a batch size, chosen or scheduled, counts the images of each rank; if not, it"
        " counts those of all ranks together.",
    )
    ranks: int = Field(
        0,
        ge=0,
        le=256,
        description="How many of the ranks that --ranks gives train it together; 0 takes all of them.",
    )
    first_batch: BatchSize = Field(1, description="How many images a pass has in AdaBatch's first phase.")
    first_epochs: int = Field(3, ge=1, description="How many epochs AdaBatch's first phase lasts.")
    phase_epochs: int = Field(5, ge=1, description="How many epochs each later phase of AdaBatch lasts.")
    adabatch_p: int = Field(
        4, ge=0, le=14, description="The exponent P of AdaBatch's second batch size, which is 2^P."
    )
    growth: Literal["doubling", "once"] = Field(
        "doubling",
        description="How often AdaBatch raises the batch size: `once`, to 2^P; with `doubling` it is then"
        " doubled twice.",
    )
    accumulate: int = Field(
        1, ge=1, le=1024, description="How many forward and backward passes one optimiser step takes."
    )
    optimizer: Literal["adam", "adamw", "ranger21"] = Field(
        "adam", description="The optimiser that updates the weights."
    )
    beta1: float = Field(
        0.9, ge=0.0, le=0.999, description="The share of the mean gradient that the optimiser keeps per step."
    )
    beta2: float = Field(
        0.999,
        ge=0.0,
        le=0.99999,
        description="The share of the mean squared gradient that the optimiser keeps per step.",
    )
    weight_decay: float = Field(
        0.0,
        ge=0.0,
        le=1.0,
        description="How strongly weights decay to 0: by an L2 penalty with adam, decoupled from the gradient"
        " with adamw and ranger21.",
    )
    augment: Literal["none", "shift", "crop", "rotate"] = Field(
        "none", description="How training images are changed at random each time they are used."
    )
    standardise: bool = Field(
        False, description="Whether the network first gives each image mean 0 and standard deviation 1."
    )
    patience: int = Field(
        0,
        ge=0,
        description="For how many epochs the validation loss may fail to improve before the training ends,"
        " counted from the last pruning; 0 never ends it.",
    )
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        "auto",
        description="The number format of convolutions and products: `auto` is the faster of bf16 and fp32 on"
        " a CPU, as measured there, and bf16 on a GPU that has it;"
        " with fp16 gradients are scaled, and steps whose gradients overflow are skipped.",
    )

    conditions: ClassVar[Mapping[str, Condition]] = {
        "backbone": _meant("backbone"),
        "frozen": _meant("frozen"),
        "checkpoint": _meant("checkpoint"),
        "blocks": _meant("blocks"),
        "capsules": Condition.above("blocks", 0),
        "gamma": _meant("gamma"),
        "stem_convolutions": _meant("stem_convolutions"),
        "primary_capsules": _meant("primary_capsules"),
        "init": _meant("init"),
        "routing": _meant("routing"),
        "routing_iterations": _meant("routing_iterations"),
        "routing_gradient": Condition(_meant("routing_gradient").allowed, (("routing_iterations", 1),)),
        "weight_sharing": _meant("weight_sharing"),
        "decoder": _meant("decoder"),
        "loss": Condition.among("routing", ROUTINGS.where(lambda routing: len(routing.losses) > 1)),
        "pruning_ratio": _meant("pruning_ratio"),
        "pruning_start": Condition.above("pruning_ratio", 0.0),
        "pruning_share_of": Condition(_meant("pruning_share_of").allowed, (("pruning_ratio", 0.0),)),
        "bottleneck": Condition(_meant("bottleneck").allowed, (("pruning_ratio", 0.0),)),
        "saliency": Condition.above("pruning_ratio", 0.0),
        "cycle": Condition.any_of("lr_policy", "warm_restarts"),
        "decay_rate": Condition.any_of("lr_policy", "exponential", "step_decay", "epoch_decay"),
        "decay_every": Condition.any_of("lr_policy", "exponential", "step_decay", "epoch_decay"),
        "lr_min": Condition((("lr_policy", _WITH_FLOOR), ("lr_floor", (0.0,)))),
        "lr_floor": Condition.any_of("lr_policy", *_WITH_FLOOR),
        "batch_size": Condition.any_of("batch_schedule", "constant"),
        "first_batch": Condition.any_of("batch_schedule", "adabatch"),
        "first_epochs": Condition.any_of("batch_schedule", "adabatch"),
        "phase_epochs": Condition.any_of("batch_schedule", "adabatch"),
        "adabatch_p": Condition.any_of("batch_schedule", "adabatch"),
        "growth": Condition.any_of("batch_schedule", "adabatch"),
    }

    @classmethod
    def defaults(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the defaults of the chosen optimiser, learning-rate policy, routing and family."""
        optimizer = _OPTIMIZERS.get(values.get("optimizer", ""), {})
        policy = _POLICIES.get(values.get("lr_policy", optimizer.get("lr_policy", "")), {})
        return {**optimizer, **policy, **_of_routing(values), **_of_family(values)}

    @classmethod
    def respelled(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the `lr_floor` with which canonical `values` with a `lr_min` train the same."""
        if "lr_min" not in values:
            return {}
        return {"lr_floor": _rounded(values["lr_min"] / values["lr_max"])}

    @property
    def lowest_rate(self) -> float:
        """The value that the learning rate falls to: the share `lr_floor` of `lr_max`, or `lr_min`."""
        return _rounded(self.lr_floor * self.lr_max) if self.lr_floor else self.lr_min

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        if self.is_active("lr_min") and self.lr_min > self.lr_max:
            raise ValueError(f"lr_min={self.lr_min:g} is above lr_max={self.lr_max:g}: lower it")
        family = FAMILIES.get(self.family)
        for name in family.own:
            if name in Choices.model_fields or not self._is_brought(name):
                raise ValueError(
                    f"family={self.family} adds the choice {name}, but that name is taken:"
                    " its package has to use another name"
                )
        for name, allowed in family.allowed.items():
            if self.is_active(name) and getattr(self, name) not in allowed:
                raise ValueError(
                    f"{name}={getattr(self, name)} is not possible with family={self.family}:"
                    f" use {' or '.join(map(str, allowed))}"
                )
        if self.blocks < family.fewest_blocks:
            raise ValueError(
                f"blocks={self.blocks} is too few for family={self.family}:"
                f" give {family.fewest_blocks} or more, or use {BASELINE_FAMILY}"
            )
        if self.is_active("bottleneck") and self.bottleneck > BACKBONES[self.backbone]:
            raise ValueError(
                f"bottleneck={self.bottleneck} is too many for backbone={self.backbone}:"
                f" give {BACKBONES[self.backbone]} or less"
            )
        losses = ROUTINGS.get(self.routing).losses
        if self.loss not in losses:
            raise ValueError(
                f"loss={self.loss} cannot train routing={self.routing}: use {' or '.join(losses)}"
            )
        if 0 < self.image_size < family.smallest_side:
            raise ValueError(
                f"image_size={self.image_size} is too small for family={self.family}:"
                f" give 0, or {family.smallest_side} or more"
            )
        return self

    def _is_brought(self, name: str) -> bool:
        """Return whether a choice that the family adds is this model's, or unknown to this model."""
        condition = self.conditions.get(name)
        return condition is None or self.family in dict(condition.allowed)["family"]


def _rounded(number: float) -> float:
    """Return a number as twelve digits give it, so that a share of a rate and its quotient agree."""
    return float(f"{number:.12g}")


def _of_routing(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the defaults of the chosen routing: its loss, and which iterations are differentiated."""
    name = values.get("routing", BASELINE_ROUTING)
    if not isinstance(name, str) or name not in ROUTINGS:
        return {}  # the check of `routing` refuses an unknown name
    routing = ROUTINGS.get(name)
    return {"loss": routing.losses[0], "routing_gradient": routing.gradient}


def _of_family(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the defaults of the chosen family."""
    name = values.get("family", BASELINE_FAMILY)
    if not isinstance(name, str) or name not in FAMILIES:
        return {}
    family = FAMILIES.get(name)
    with FAMILIES.blamed(name):
        return family.default_choices(values)
