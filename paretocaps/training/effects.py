"""What the built-in trainer's choices come to in a training; this file imports no torch."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from paretocaps.data.raw import RawPart
from paretocaps.domain.choices import Choices
from paretocaps.domain.effect import Effect, Facts
from paretocaps.domain.families.families import FAMILIES
from paretocaps.schedules.plan import build_plan
from paretocaps.schedules.pruning_start import warmup_epochs

IMAGES, _HEIGHT, _WIDTH, RANKS = "training images", "pixel rows", "pixel columns", "ranks"
MANY = 60_000
"""The training images of a study that does not know their number: enough for every schedule to act."""

_PLAN = (
    "lr_policy",
    "cycle",
    "decay_rate",
    "decay_every",
    "lr_min",
    "lr_max",
    "lr_floor",
    "batch_schedule",
    "batch_size",
    "first_batch",
    "first_epochs",
    "phase_epochs",
    "adabatch_p",
    "growth",
    "accumulate",
    "beta2",
    "batch_per_rank",
    "ranks",
)


def data_facts(train: RawPart) -> Facts:
    """Return how many images are trained on, and their height and width in pixels."""
    _, height, width = train.shape
    return {IMAGES: len(train), _HEIGHT: height, _WIDTH: width}


def effects(epochs: int, facts: Facts) -> tuple[Effect, ...]:
    """Return the effects of the choices on a training (the `Effects` protocol).

    They are the batches and learning rates of all steps, the number of ranks, the optimiser, the family with
    the size of its images, the epoch of the pruning, and the epochs of patience that can end the training.
    """
    images = facts.get(IMAGES, MANY)
    size = (facts[_HEIGHT], facts[_WIDTH]) if _HEIGHT in facts and _WIDTH in facts else None

    def ranks(values: Mapping[str, Any]) -> int:
        return values.get("ranks", 0) or facts.get(RANKS, 1)

    def plan(values: Mapping[str, Any]) -> Hashable:
        return build_plan(_choices(values), images, epochs, ranks(values)).signature()

    def network(values: Mapping[str, Any]) -> Hashable:
        return tuple(_network(values, size))

    def pruning(values: Mapping[str, Any]) -> Hashable:
        choices = _choices(values)
        return choices.pruning_ratio, warmup_epochs(choices, epochs)

    def patience(values: Mapping[str, Any]) -> Hashable:
        choices = _choices(values)
        trained = epochs - 1 - (warmup_epochs(choices, epochs) or 0)  # the last epoch ends it anyway
        return choices.patience if choices.patience < trained else 0

    start = ("pruning_ratio", "pruning_start")
    return (
        Effect(_PLAN, plan),
        Effect(("ranks",), ranks),
        Effect(("optimizer", "beta1", "beta2", "weight_decay"), _optimizer),
        Effect(("family", "image_size", *_shared_by_families()), network),
        Effect(start, pruning),
        Effect(("patience", *start), patience),
    )


def _choices(values: Mapping[str, Any]) -> Choices:
    """Return stored choices without checking them again; what has no meaning has its default."""
    return Choices.model_construct(None, **values)


def _optimizer(values: Mapping[str, Any]) -> Hashable:
    choices = _choices(values)
    name = choices.optimizer
    if name == "adamw" and choices.weight_decay == 0.0:  # it differs from Adam in the decay alone
        name = "adam"
    return name, choices.beta1, choices.beta2, choices.weight_decay


def _shared_by_families() -> tuple[str, ...]:
    """Return the names of the choices with which networks of one family are those of another."""
    conditions = (condition for family in FAMILIES.loadable() for condition in family.same_as.values())
    return tuple(dict.fromkeys(name for condition in conditions for name in condition))


def _network(values: Mapping[str, Any], size: tuple[int, int] | None) -> Iterator[Hashable]:
    """Yield the family whose networks are built, the size of their images, and what else decides them."""
    chosen = FAMILIES.get(values["family"])
    of: Mapping[str, Any] = {}
    name = chosen.name
    for other, condition in chosen.same_as.items():
        if all(values.get(choice) == value for choice, value in condition.items()):
            name, of = other, condition
    side = values.get("image_size", 0)
    if size is not None:
        side = side or FAMILIES.get(name).resized(min(size))
    yield name
    yield size if size is not None and side is None else (side, side)
    for choice, value in values.items():
        if choice not in ("family", "image_size", *of):
            yield choice, value
