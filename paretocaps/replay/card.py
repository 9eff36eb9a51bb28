"""The two values that a recorded table consists of: its card, and its trainings."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from paretocaps.domain.job import DataSpec


class Card(BaseModel):
    """What a table is of.

    Attributes:
        name: its name.
        data: the images of its trainings.
        facts: the facts about these images on which the effects of choices depend (`CheckedData.facts`).
        reading: how these images were read (`CheckedData.reading`).
        labels: the labels of the validation images, in their order.
        test_images: how many test images there are.
        epochs: the epochs of every training.
        seeds: the seeds that each design was trained with.
        fix: choices that all designs have.
        designs: how many designs are recorded; `listed` has how many there are on the list.
        trainings: how many trainings that is; `failed` of them have no measurement but a reason.
        hours: the measured training time of all of them, in hours; `cpu_hours` is the CPU time of the same
            steps.
        loaded: how many of them were disturbed.
        devices: how many trainings were made on each device, with its version of torch.
        recorded_with: the commit of the code that trained them.
        recorded: the first and the last day of the recording.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    data: DataSpec
    facts: dict[str, int]
    reading: dict[str, Any]
    labels: tuple[int, ...]
    test_images: int
    epochs: int
    seeds: tuple[int, ...]
    fix: dict[str, Any]
    designs: int
    listed: int
    trainings: int
    failed: int
    hours: float
    cpu_hours: float
    loaded: int
    devices: dict[str, int]
    recorded_with: str
    recorded: tuple[str, str]

    @property
    def options(self) -> str:
        """The options of a study whose trainings it has."""
        limit = f" --limit-train {self.data.limit_train}" if self.data.limit_train else ""
        fixed = "".join(f" --fix {name}={value}" for name, value in self.fix.items())
        return f"--dataset {self.data.name}{limit} --epochs {self.epochs}{fixed}"


class Recorded(BaseModel):
    """One recorded training: a line of a table.

    Attributes:
        design: the name of its design on the list.
        choices: the choices that the design names; all others are the defaults.
        seed: the seed of the training.
        measurement: what was measured (`Measurement`, without defaults and predictions); None where it
            failed.
        mistakes: by the number of a validation image, the class that was predicted in place of its label.
        reason: why it failed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    design: str
    choices: dict[str, Any]
    seed: int
    measurement: dict[str, Any] | None = None
    mistakes: dict[int, int] | None = None
    reason: str | None = None
