"""What a study may choose for one training of a capsule network."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from paretocaps.domain.condition import Condition
from paretocaps.domain.routings.routing import MOST_ITERATIONS
from paretocaps.domain.routings.routings import BASELINE, ROUTINGS
from paretocaps.errors import UsageError, did_you_mean
from paretocaps.registry import Registry

Share = Annotated[float, Field(ge=0.0, le=0.95)]
BatchSize = Annotated[int, Field(ge=1, le=65_536)]
Rate = Annotated[float, Field(gt=0.0, le=0.1)]
# a list of numbers is compared, not converted: text as the command line gives it needs a hand
FromText = BeforeValidator(
    lambda value: int(value) if isinstance(value, str) and value.isdecimal() else value
)


def name_in(registry: Registry[Any]) -> AfterValidator:
    """Return the check that a choice is a name in `registry`; its error has the nearest one."""

    def _known(name: str) -> str:
        registry.get(name)
        return name

    return AfterValidator(_known)


class ChoicesModel(BaseModel):
    """Base of a trainer's choices: frozen values, unknown names refused, conditional ones known.

    A subclass lists in `conditions` which choices only mean something under others; the
    canonical form (`active`) leaves out what has no meaning, so that two sets of choices that
    train the same network are equal. Defaults that follow from other choices are in `defaults`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    conditions: ClassVar[Mapping[str, Condition]] = {}

    @classmethod
    def defaults(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return defaults that follow from what is set in `values`; those of the fields are for the rest."""
        return {}

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, values: Any) -> Any:
        return {**cls.defaults(values), **values} if isinstance(values, Mapping) else values

    @model_validator(mode="after")
    def _refuse_meaningless(self) -> Self:
        defaults = self.defaults(dict(self))
        for name in self.model_fields_set & set(self.conditions):
            default = type(self).model_fields[name].default
            meaningless = (default, defaults.get(name, default))
            if not self.is_active(name) and getattr(self, name) not in meaningless:
                raise ValueError(f"{name}={getattr(self, name)!r} only applies where {self.conditions[name]}")
        return self

    def is_active(self, name: str) -> bool:
        """Return whether the choice called `name` has a meaning beside the others."""
        condition = self.conditions.get(name)
        return condition is None or condition.holds(lambda parent: getattr(self, parent))

    def active(self) -> dict[str, Any]:
        """Return the canonical form: every choice that has a meaning, by name."""
        return {name: value for name, value in self.model_dump().items() if self.is_active(name)}


_POLICIES: Mapping[str, Mapping[str, Any]] = {
    "exponential": {"decay_rate": 0.96, "decay_every": 2000},
    "step_decay": {"decay_rate": 0.7, "decay_every": 2},
    "epoch_decay": {"decay_rate": 0.96, "decay_every": 1},
    "explore_exploit": {"lr_min": 3e-5},
}
"""What the papers decay by: X-TrainCaps per step, the hybrids every 2 epochs, MoCapsNet per epoch.

And what Ranger21's schedule goes down to.
"""

_OPTIMIZERS: Mapping[str, Mapping[str, Any]] = {
    "adamw": {"weight_decay": 1e-2},
    "ranger21": {"weight_decay": 1e-4, "lr_policy": "explore_exploit"},
}
"""What belongs to an optimiser where nothing else is said: its own weight decay and schedule."""


Family = Literal[
    "capsnet", "residual_caps", "momentum_caps", "backbone_caps", "alexnet_caps", "resnet_caps", "lenet5"
]
Backbone = Literal["resnet18", "resnet50", "mobilenet_v1"]

BLOCK_FAMILIES = ("residual_caps", "momentum_caps")
"""The families that are made of blocks, and so have one or more."""
CAPSNET_FAMILIES = ("capsnet", *BLOCK_FAMILIES)
"""The families with the CapsNet papers' one or two convolutions before the primary capsules."""
DEEP_FAMILIES = ("backbone_caps", "alexnet_caps", "resnet_caps")
"""The families with capsules on a deep trunk."""
CAPSULE_FAMILIES = (*CAPSNET_FAMILIES, *DEEP_FAMILIES)
"""The families that have capsules."""

_BACKBONE_CAPSULES = {"resnet18": 64, "resnet50": 256, "mobilenet_v1": 128}
"""Primary capsules on a backbone with S maps: floor(S / 8)."""
_SMALLEST_SIDES = {"backbone_caps": 32, "alexnet_caps": 28, "lenet5": 28, "resnet_caps": 9}
"""Pixels that a family's images must have; those of the CapsNet papers 8."""
_HYBRID_CAPSULES = {"alexnet_caps": 32, "resnet_caps": 16}
"""Types of primary capsules of the hybrids."""


_HAS_CAPSULES = Condition.any_of("family", *CAPSULE_FAMILIES)
_ROUTED = Condition((("family", CAPSULE_FAMILIES),), (("routing_iterations", 1),))


class Choices(ChoicesModel):
    """The choices of the built-in trainer; what is not set is the papers' baseline.

    `family` capsnet without `blocks` is the network of Sabour et al. 2017. With blocks, each of two
    layers of `capsules` capsules, a first capsule layer, the blocks and the class capsules follow the
    primary capsules: one after the other (capsnet), with a skip a layer (residual_caps), or with momentum
    `gamma` (momentum_caps). Those two have one block where nothing is said. `init` "auto" draws weights that
    train, "paper" those of the MoCapsNet paper (`models.build`).
    backbone_caps puts capsules on the maps of a `backbone`, from random weights or those of a `checkpoint`
    (a file, or a name of the hub), `frozen` or trained with the rest; alexnet_caps and resnet_caps are
    AlexCapsNet and the hybrid ResCapsNet; lenet5 has no capsules. Those three have no decoder where nothing
    is said, and floor(S / 8), 32 and 16 types of primary capsules, S being the maps of the backbone.
    `image_size` is the side to which images are resized first; 0 leaves them as they are where a family can
    take them so (`models.architecture`).
    Learning rates are in 1/step units of Adam; batch sizes in images; `pruning_ratio` is the
    share of the forward multiply-adds that is removed; `pruning_start` the share of the epochs
    trained before that. `routing_gradient` says which iterations of routing are differentiated: the
    `last` one or `all` of them (`models.agreement.route` says which the papers use). `decay_every` counts
    optimiser steps for `exponential` and epochs for `step_decay` and `epoch_decay`; it and `decay_rate`
    default to the papers' values of the policy, `routing_gradient` to what its routing learns with.

    `accumulate` is how many forward and backward passes an optimiser step takes: a batch size, chosen or
    scheduled, is the images of one pass (what has to fit into memory), and a step learns from the mean loss
    of `accumulate` times as many, as if they had been one batch. Steps are optimiser steps everywhere: in
    the plan, in `decay_every`, in what is timed. The last step of an epoch takes what is left.

    `beta1` and `beta2` are the optimiser's betas, as two numbers, so that a space can sample each.
    `weight_decay` is an L2 penalty's for adam (0 by default), and decoupled for adamw (0.01) and ranger21
    (1e-4). ranger21 trains with its own schedule, the `lr_policy` explore_exploit down to `lr_min` 3e-5,
    where no other is chosen; any optimiser goes with any policy. `standardise` gives each image mean 0 and
    deviation 1 inside the network. `precision` is what convolutions and products are computed in (`auto`:
    bf16 where the device has it); fp16 scales its gradients, and skips the steps whose gradients overflow.
    With `patience` above 0 a training ends where its validation loss has not improved for so many epochs
    since its last pruning; schedules are those of the whole training all the same.
    """

    family: Family = "capsnet"
    backbone: Backbone = "resnet50"
    frozen: bool = False
    checkpoint: str = ""
    image_size: Annotated[int, Field(ge=0, le=1024)] = 0
    blocks: Annotated[int, Field(ge=0, le=128)] = 0
    capsules: Annotated[Literal[32, 64], FromText] = 32
    gamma: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.9
    stem_convolutions: Annotated[Literal[1, 2], FromText] = 1
    primary_capsules: Annotated[int, Field(ge=1, le=1024)] = 32
    init: Literal["auto", "paper"] = "auto"
    routing: Annotated[str, name_in(ROUTINGS)] = BASELINE
    routing_iterations: Annotated[int, Field(ge=1, le=MOST_ITERATIONS)] = 3
    routing_gradient: Literal["last", "all"] = "last"
    weight_sharing: bool = False
    decoder: Literal["full", "reduced", "none"] = "full"
    loss: Literal["margin", "spread"] = "margin"
    pruning_ratio: Share = 0.0
    pruning_start: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.2
    saliency: Literal["routing", "coupling", "activation", "magnitude", "random"] = "routing"
    lr_policy: Literal[
        "fixed", "exponential", "one_cycle", "warm_restarts", "step_decay", "epoch_decay", "explore_exploit"
    ] = "fixed"
    cycle: Literal["epoch", "phase"] = "epoch"
    decay_rate: Annotated[float, Field(gt=0.0, le=1.0)] = 0.96
    decay_every: Annotated[int, Field(ge=1)] = 2000
    lr_min: Rate = 1e-4
    lr_max: Rate = 1e-3
    batch_schedule: Literal["constant", "adabatch"] = "constant"
    batch_size: BatchSize = 128
    first_batch: BatchSize = 1
    first_epochs: Annotated[int, Field(ge=1)] = 3
    phase_epochs: Annotated[int, Field(ge=1)] = 5
    adabatch_p: Annotated[int, Field(ge=0, le=14)] = 4
    growth: Literal["doubling", "once"] = "doubling"
    accumulate: Annotated[int, Field(ge=1, le=1024)] = 1
    optimizer: Literal["adam", "adamw", "ranger21"] = "adam"
    beta1: Annotated[float, Field(ge=0.0, le=0.999)] = 0.9
    beta2: Annotated[float, Field(ge=0.0, le=0.99999)] = 0.999
    weight_decay: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    augment: Literal["none", "shift", "crop", "rotate"] = "none"
    standardise: bool = False
    patience: Annotated[int, Field(ge=0)] = 0
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"

    conditions: ClassVar[Mapping[str, Condition]] = {
        "backbone": Condition.any_of("family", "backbone_caps"),
        "frozen": Condition.any_of("family", "backbone_caps"),
        "checkpoint": Condition.any_of("family", "backbone_caps"),
        "blocks": Condition.any_of("family", *CAPSNET_FAMILIES),
        "capsules": Condition.above("blocks", 0),
        "gamma": Condition.any_of("family", "momentum_caps"),
        "stem_convolutions": Condition.any_of("family", *CAPSNET_FAMILIES),
        "primary_capsules": _HAS_CAPSULES,
        "init": _HAS_CAPSULES,
        "routing": _HAS_CAPSULES,
        "routing_iterations": _HAS_CAPSULES,
        "routing_gradient": _ROUTED,
        "weight_sharing": _HAS_CAPSULES,
        "decoder": _HAS_CAPSULES,
        "loss": Condition.among("routing", ROUTINGS.where(lambda routing: len(routing.losses) > 1)),
        "pruning_ratio": _HAS_CAPSULES,
        "pruning_start": Condition.above("pruning_ratio", 0.0),
        "saliency": Condition.above("pruning_ratio", 0.0),
        "cycle": Condition.any_of("lr_policy", "warm_restarts"),
        "decay_rate": Condition.any_of("lr_policy", "exponential", "step_decay", "epoch_decay"),
        "decay_every": Condition.any_of("lr_policy", "exponential", "step_decay", "epoch_decay"),
        "lr_min": Condition.any_of("lr_policy", "one_cycle", "warm_restarts", "explore_exploit"),
        "batch_size": Condition.any_of("batch_schedule", "constant"),
        "first_batch": Condition.any_of("batch_schedule", "adabatch"),
        "first_epochs": Condition.any_of("batch_schedule", "adabatch"),
        "phase_epochs": Condition.any_of("batch_schedule", "adabatch"),
        "adabatch_p": Condition.any_of("batch_schedule", "adabatch"),
        "growth": Condition.any_of("batch_schedule", "adabatch"),
    }

    @classmethod
    def defaults(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what belongs to the optimiser, the policy, a family of blocks (one) and the routing."""
        family = values.get("family", "")
        blocks = {"blocks": 1} if family in BLOCK_FAMILIES else {}
        optimizer = _OPTIMIZERS.get(values.get("optimizer", ""), {})
        policy = _POLICIES.get(values.get("lr_policy", optimizer.get("lr_policy", "")), {})
        return {
            **optimizer,
            **policy,
            **blocks,
            **_trained_by(values.get("routing", BASELINE)),
            **_head(family, values.get("backbone", "resnet50")),
        }

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        if self.is_active("lr_min") and self.lr_min > self.lr_max:
            raise ValueError(f"lr_min={self.lr_min:g} is above lr_max={self.lr_max:g}: lower it")
        if self.family in BLOCK_FAMILIES and self.blocks < 1:
            raise ValueError(
                f"blocks={self.blocks} leaves family={self.family} no block: give 1 or more, or use capsnet"
            )
        losses = ROUTINGS.get(self.routing).losses
        if self.loss not in losses:
            raise ValueError(
                f"loss={self.loss} cannot train routing={self.routing}: use {' or '.join(losses)}"
            )
        smallest = _SMALLEST_SIDES.get(self.family, 8)
        if 0 < self.image_size < smallest:
            raise ValueError(
                f"image_size={self.image_size} is too small for family={self.family}: give 0, or {smallest}"
                " or more"
            )
        return self


def _trained_by(routing: Any) -> Mapping[str, Any]:
    """What a routing is trained by: its loss, and the iterations that its gradient goes through."""
    if not isinstance(routing, str) or routing not in ROUTINGS:
        return {}
    found = ROUTINGS.get(routing)
    return {"loss": found.losses[0], "routing_gradient": found.gradient}


def _head(family: str, backbone: str) -> Mapping[str, Any]:
    """What the papers put on a deep trunk: their numbers of capsule types, and no decoder."""
    if family == "backbone_caps":
        return {"decoder": "none", "primary_capsules": _BACKBONE_CAPSULES.get(backbone, 1)}
    if family in _HYBRID_CAPSULES:
        return {"decoder": "none", "primary_capsules": _HYBRID_CAPSULES[family]}
    return {}


def parse_choices(model: type[BaseModel], values: Mapping[str, Any]) -> BaseModel:
    """Return `values` checked and completed by a trainer's choices model.

    Raises:
        UsageError: an unknown choice (with the nearest one) or a value out of its bounds.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise UsageError(_one_line(model, error)) from None


def canonical_choices(model: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the canonical form of `values`: checked, completed, without what has no meaning.

    Raises:
        UsageError: as `parse_choices`.
    """
    choices = parse_choices(model, values)
    return choices.active() if isinstance(choices, ChoicesModel) else choices.model_dump()


def parse_value(model: type[BaseModel], name: str, value: Any) -> Any:
    """Return one choice's value as the model reads it, on its own: text becomes a number where one is due.

    Raises:
        UsageError: an unknown choice (with the nearest one) or a value out of its bounds.
    """
    field = model.model_fields.get(name)
    if field is None:
        known = ", ".join(model.model_fields)
        raise UsageError(f"unknown choice {name!r}{did_you_mean(name, model.model_fields)} (known: {known})")
    annotated: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    try:
        return TypeAdapter(annotated).validate_python(value)
    except ValidationError as error:
        raise UsageError(_bad_value(name, error.errors()[0])) from None


def without_meaningless(model: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values` less the conditional choices that have no meaning beside the others."""
    if not issubclass(model, ChoicesModel):
        return dict(values)
    tentative = model.model_construct(None, **{**model.defaults(values), **values})
    return {name: value for name, value in values.items() if tentative.is_active(name)}


def _one_line(model: type[BaseModel], error: ValidationError) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"]) or "choices"
    if first["type"] == "extra_forbidden":
        known = model.model_fields
        return f"unknown choice {name!r}{did_you_mean(name, known)} (known: {', '.join(known)})"
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    return _bad_value(name, first)


def _bad_value(name: str, error: ErrorDetails) -> str:
    message = error["msg"].replace("Input should", "it should")
    return f"choice {name}={error['input']!r} is not allowed: {message}"
