"""The trainer protocol, and the registry that trainers plug into."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel

from paretocaps.domain.choices import canonical_choices, parse_choices
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord, Measurement
from paretocaps.domain.space import Space
from paretocaps.errors import UsageError, did_you_mean
from paretocaps.registry import Registry, resolve

OnEpoch = Callable[[EpochRecord], bool]
"""Called after each epoch; returns whether to go on."""


class Train(Protocol):
    """Trains one job and measures it.

    `on_epoch` is called after every epoch, in order; where it returns False the training ends
    there, with a measurement of the epochs so far. Whatever goes wrong is raised.
    """

    def __call__(self, job: TrainingJob, on_epoch: OnEpoch) -> Measurement:
        """Train `job` and return its measurement."""
        ...


@dataclass(frozen=True)
class TrainerSpec:
    """A trainer as the driver sees it, readable without importing what the training needs.

    Args:
        name: the name it is registered under.
        choices: the pydantic model of the choices it understands.
        space: the space a study samples by default.
        train: where its `Train` callable lives, as "module:attribute".
        designs: named sets of choices, in the order in which a study tries them first.
        description: one line for `paretocaps trainers`.
    """

    name: str
    choices: type[BaseModel]
    space: Space
    train: str
    designs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    description: str = ""

    def parse(self, values: Mapping[str, Any]) -> BaseModel:
        """Return `values` as the trainer's choices.

        Raises:
            UsageError: an unknown choice or a value out of its bounds.
        """
        return parse_choices(self.choices, values)

    def canonical(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the canonical form of `values`: equal for choices that train the same network."""
        return canonical_choices(self.choices, values)

    def check_names(self, names: Mapping[str, Any], where: str) -> None:
        """Refuse names that are none of this trainer's choices.

        Raises:
            UsageError: with the nearest right name.
        """
        known = self.choices.model_fields
        for name in names:
            if name not in known:
                raise UsageError(
                    f"{where}: trainer {self.name!r} has no choice {name!r}{did_you_mean(name, known)}"
                    f" (known: {', '.join(known)})"
                )

    def load(self) -> Train:
        """Import and return the training function."""
        train: Train = resolve(self.train)
        return train


TRAINERS: Registry[TrainerSpec] = Registry("trainer", {}, group="paretocaps.trainers")


def register_trainer(spec: TrainerSpec) -> None:
    """Make `spec` known in this process; a package does the same with an entry point.

    Jobs that run in worker processes find a trainer through the entry-point group
    `paretocaps.trainers` only, so use the inline executor for one registered here.

    Raises:
        ParetocapsError: the name is taken.
    """
    TRAINERS.register(spec.name, spec)
