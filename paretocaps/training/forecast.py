"""Tells the sizes, the memory and the work of the built-in trainer's trainings; it imports no torch."""

from collections.abc import Mapping
from typing import Any

from paretocaps.domain.brought_choices import choices_model
from paretocaps.domain.choices import Choices
from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.families.family import PLAIN
from paretocaps.domain.forecast import EpochForecast, Forecast, Work
from paretocaps.domain.trainer import CheckedData, Forecaster
from paretocaps.models.architecture import Architecture, architecture
from paretocaps.models.complexity import complexity, multiply_adds, parameters
from paretocaps.models.pruning.target import pruned_by
from paretocaps.models.starting import starting_architecture
from paretocaps.models.training_memory import FLOAT32, forecast_bytes
from paretocaps.schedules.plan import TrainingPlan, build_plan
from paretocaps.schedules.pruning_start import warmup_epochs

_KINDS = {
    "primary": "primary",
    "capsule_layer": "hidden",
    "blocks": "hidden",
    "class_capsules": "class",
    "routing": "routing",
    "decoder": "decoder",
}
"""The kind of work of each part of a network; that of any other part is "trunk"."""
_ALIGNED = 32
"""Convolutions are computed in blocks of up to so many channels: other numbers of them take longer."""


def forecasting(data: CheckedData, epochs: int, ranks: int) -> Forecaster:
    """Return the forecast of a training as a function of its choices (the `Forecasting` protocol)."""
    reading = data.reading
    assert reading is not None  # `check_data` always has one
    channels, height, width = reading["shape"]
    labels, images = len(reading["classes"]), int(reading["train_images"])
    pairs = bool(reading.get("pairs"))

    def forecast(values: Mapping[str, Any]) -> Forecast:
        choices = choices_model().model_validate(dict(values))
        shape = architecture(choices, height, width, channels, labels, pairs=pairs)
        whole = starting_architecture(shape, choices)
        last = pruned_by(whole, choices)
        plan = build_plan(choices, images, epochs, choices.ranks or ranks)
        sizes = {"params": parameters(last), "macs": multiply_adds(last)}
        known = whole.trunk == PLAIN or choices.pruning_ratio == 0.0  # else the weights choose the channels
        first = last if warmup_epochs(choices, epochs) == 0 else whole
        bytes = _memory(first, choices, plan, choices.ranks or ranks)
        memory = {"memory": max(bytes, FLOAT32 * parameters(whole))}
        return Forecast(
            exact=sizes if known else {},
            estimated=memory if known else memory | sizes,
            epochs=_epochs(whole, last, choices, plan, ranks),
        )

    return forecast


def _memory(first: Architecture, choices: Choices, plan: TrainingPlan, ranks: int) -> int:
    """Return about how many bytes a rank needs at its peak, which is with the `first` network."""
    images = min(plan.images, max(phase.batch_size for phase in plan.phases))
    return forecast_bytes(first, -(-images // ranks), choices)


def _epochs(
    whole: Architecture, last: Architecture, choices: Choices, plan: TrainingPlan, ranks: int
) -> tuple[EpochForecast, ...]:
    warmup = warmup_epochs(choices, plan.epochs) or 0
    found, done = [], dict[tuple[bool, int], Work]()
    for epoch in range(1, plan.epochs + 1):
        phase, final = plan.phase(epoch), epoch > warmup
        images = min(phase.batch_size * choices.accumulate, plan.images)
        if (final, images) not in done:
            done[final, images] = _work(last if final else whole, images)
        work = done[final, images]
        if choices.frozen:  # it goes forward only, which is a third of the work
            # kept features take a pass before the first step, and after a pruning
            passes = 1 / 3 if not _keeps_features(choices, ranks) or epoch in (1, warmup + 1) else 0.0
            gone = (1.0 - passes) * work["trunk"]
            unaligned = work["unaligned"] - gone if work["unaligned"] else 0.0
            work = {**work, "trunk": work["trunk"] - gone, "unaligned": unaligned}
        found.append(EpochForecast(phase.steps_per_epoch, work, final))
    return tuple(found)


def _keeps_features(choices: Choices, ranks: int) -> bool:
    """Return whether a frozen trunk's features are computed once for all steps, where they fit."""
    alone = (choices.ranks or ranks) == 1
    return choices.frozen and alone and choices.augment == "none" and choices.decoder == "none"


def _work(a: Architecture, images: int) -> Work:
    """Return the work of a step: its calls, images and parameters, and multiply-adds by kind of part.

    Those of convolutions with a number of channels that is no multiple of 32, such as pruning leaves, are
    "unaligned", too.
    """
    parts, kinds = complexity(a), dict.fromkeys(("trunk", *_KINDS.values()), 0.0)
    routed = len(a.layers) * a.routing_iterations if FAMILIES.get(a.family).has_capsules else 0
    for part in parts:
        kinds[_KINDS.get(part.name, "trunk")] += images * part.macs
    widths = a.trunk_channels or (a.conv_channels, a.capsule_types * a.capsule_dim)
    aligned = all(width % _ALIGNED == 0 for width in widths)
    kinds["unaligned"] = 0.0 if aligned else kinds["trunk"] + kinds["primary"]
    counts = {"step": 1.0, "calls": float(len(parts) + routed), "images": float(images)}
    return {**counts, "params": float(parameters(a)), **kinds}
