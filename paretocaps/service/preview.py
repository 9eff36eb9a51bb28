"""Describes choices before they are trained: their network and their schedule."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.service.settings import parse_settings

if TYPE_CHECKING:
    from paretocaps.domain.choices import Choices
    from paretocaps.schedules.plan import TrainingPlan


_IMAGES, _EPOCHS = 60_000, 30


@dataclass(frozen=True)
class Description:
    """The network that a set of choices builds, and its size in total and by part.

    Attributes:
        choices: the canonical choices.
        params, macs: parameters, and multiply-adds of a forward pass of one image, after pruning.
        capsules: the number of primary capsules; 0 for a network without capsules.
        parts: name, params and macs of each part.
        memory: about how many bytes a training needs before it prunes, in float32 unless the choice
            `precision` names another.
        batch_size: the images per forward pass for which that is.
    """

    choices: Mapping[str, Any]
    params: int
    macs: int
    capsules: int
    parts: tuple[Mapping[str, Any], ...]
    memory: int
    batch_size: int

    def as_dict(self) -> dict[str, Any]:
        """Return the description as in the JSON of the command line."""
        sizes = {"params": self.params, "macs": self.macs, "capsules": self.capsules}
        training = {"memory": self.memory, "batch_size": self.batch_size}
        return {**sizes, "parts": [dict(part) for part in self.parts], **training}


@dataclass(frozen=True)
class PlanView:
    """The schedules of a training that has not run: the canonical choices, one row per epoch, and curves."""

    choices: Mapping[str, Any]
    plan: "TrainingPlan"

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One row per epoch, as in the JSON of the command line."""
        return [asdict(row) for row in self.plan.rows()]

    def curve(self) -> tuple[list[int], list[float], list[int]]:
        """Return the steps, learning rates and batch sizes of about 500 points to draw."""
        from paretocaps.schedules.curve import sample_curve

        curve = sample_curve(self.plan, 500)
        return curve.steps.tolist(), curve.learning_rates.tolist(), curve.batch_sizes.tolist()


def describe(
    settings: Sequence[str] | Mapping[str, Any] = (),
    design: str | None = None,
    image: str | Sequence[int] = "28x28x1",
    classes: int = 10,
    trainer: str = "capsnet",
) -> Description:
    """Describe the network that a set of choices builds, after its pruning, without training it.

    Raises:
        UsageError: a choice, the image size or the number of classes is not allowed.
    """
    from paretocaps.models.architecture import architecture
    from paretocaps.models.complexity import complexity, multiply_adds, parameters
    from paretocaps.models.pruning.target import pruned_by
    from paretocaps.models.starting import starting_architecture
    from paretocaps.models.training_memory import forecast_bytes
    from paretocaps.schedules.plan import build_plan
    from paretocaps.schedules.pruning_start import warmup_epochs

    choices, canonical = read_choices(settings, design, trainer)
    height, width, channels = image_size(image)
    whole = starting_architecture(architecture(choices, height, width, channels, classes), choices)
    shape = pruned_by(whole, choices)
    batch = max(row.batch_size for row in build_plan(choices, _IMAGES, _EPOCHS).phases)
    return Description(
        choices=canonical,
        params=parameters(shape),
        macs=multiply_adds(shape),
        capsules=shape.capsules if FAMILIES.get(shape.family).has_capsules else 0,
        parts=tuple(part._asdict() for part in complexity(shape)),
        memory=forecast_bytes(shape if warmup_epochs(choices, _EPOCHS) == 0 else whole, batch, choices),
        batch_size=batch,
    )


def plan(
    settings: Sequence[str] = (), design: str | None = None, images: int = _IMAGES, epochs: int = _EPOCHS
) -> PlanView:
    """Return the learning rate and batch size of every step of a training with these choices.

    Raises:
        UsageError: a choice is not allowed, or there are no images or epochs.
    """
    from paretocaps.schedules.plan import build_plan

    choices, canonical = read_choices(settings, design, "capsnet")
    return PlanView(canonical, build_plan(choices, images, epochs, choices.ranks or 1))


def write_plan_page(view: PlanView, output: str) -> Path:
    """Write a schedule's curves as one HTML page and return its path.

    Raises:
        UsageError: the page cannot be written there.
    """
    from paretocaps.report.page import write_figures
    from paretocaps.report.tables import choices_text
    from paretocaps.report.training_figures import plan_figure

    title = f"{view.plan.images:,} images, {view.plan.epochs} epochs"
    names = [
        name
        for name in view.choices
        if name.startswith(("lr_", "cycle", "decay_", "batch_", "first_", "growth", "accumulate"))
    ]
    figure = plan_figure(*view.curve(), title=choices_text(view.choices, names))
    return write_figures(output, title, [figure])


def read_choices(
    settings: Sequence[str] | Mapping[str, Any], design: str | None, trainer: str
) -> "tuple[Choices, dict[str, Any]]":
    """Return the choices of a design changed by "name=value" settings, and their canonical form.

    Raises:
        UnknownNameError: there is no such trainer or design.
        UsageError: a choice is not allowed, or the trainer builds its own networks.
    """
    from paretocaps.domain.choices import Choices

    spec = TRAINERS.get(trainer)
    if design is not None and design not in spec.designs:
        raise UnknownNameError("design", design, spec.designs)
    values = {**(spec.designs[design] if design else {}), **parse_settings(settings)}
    choices = spec.parse(values)
    if not isinstance(choices, Choices):
        raise UsageError(f"trainer {trainer!r} builds its own networks: only capsnet's can be described")
    return choices, choices.active()


def image_size(image: str | Sequence[int]) -> tuple[int, int, int]:
    """Return height, width and channels from "28x28x1", "28x28" or (28, 28, 1).

    Raises:
        UsageError: `image` has another form.
    """
    text = image if isinstance(image, str) else "x".join(map(str, image))
    parts = text.lower().split("x")
    if len(parts) not in (2, 3) or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise UsageError(f"image={text!r} is not understood: write HEIGHTxWIDTHxCHANNELS, e.g. 28x28x1")
    height, width, *channels = (int(part) for part in parts)
    return height, width, channels[0] if channels else 1
