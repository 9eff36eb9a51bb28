"""Objectives: named views of a measurement, with direction and unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from paretocaps.errors import UsageError
from paretocaps.registry import Registry

Direction = Literal["maximize", "minimize"]


@dataclass(frozen=True)
class Objective:
    """What a study optimises.

    Args:
        name: as it is asked for on the command line and headed in tables.
        direction: "maximize" or "minimize".
        unit: SI unit, empty for a pure number.
        description: one line.
        quantity: the measured quantity behind it (see `Measurement.quantity`); default the name.
        device_bound: whether values from different devices cannot be compared.
        timed: whether it is a time: sharing the device changes it, and a calibration scales it from one
            device to another.
    """

    name: str
    direction: Direction
    unit: str
    description: str
    quantity: str = ""
    device_bound: bool = False
    timed: bool = False

    def __post_init__(self) -> None:
        if not self.quantity:
            object.__setattr__(self, "quantity", self.name)

    @property
    def sign(self) -> int:
        """+1 where less is better, -1 where more is: multiply by it to minimise."""
        return 1 if self.direction == "minimize" else -1


OBJECTIVES: Registry[Objective] = Registry(
    "objective",
    {
        "acc": Objective("acc", "maximize", "", "validation accuracy at the best epoch"),
        "time": Objective(
            "time",
            "minimize",
            "s",
            "measured training seconds up to the best epoch",
            device_bound=True,
            timed=True,
        ),
        "wall": Objective(
            "wall", "minimize", "s", "seconds of the whole training", device_bound=True, timed=True
        ),
        "params": Objective("params", "minimize", "", "parameters of the trained network"),
        "macs": Objective("macs", "minimize", "", "forward multiply-adds a sample"),
        "memory": Objective(
            "memory",
            "minimize",
            "B",
            "peak bytes of training: the allocator's on a GPU, counted on a CPU (saved for backward,"
            " parameters, gradients, optimiser state)",
            device_bound=True,
        ),
        "energy": Objective(
            "energy",
            "minimize",
            "J",
            "energy that the device's own counter (NVML, RAPL) saw during the training up to the best epoch,"
            " of the whole card or processor",
            device_bound=True,
        ),
        "latency": Objective(
            "latency",
            "minimize",
            "s",
            "seconds to classify one image, alone",
            device_bound=True,
            timed=True,
        ),
        "latency_batch": Objective(
            "latency_batch",
            "minimize",
            "s",
            "seconds an image to classify 128 at once",
            device_bound=True,
            timed=True,
        ),
    },
    group="paretocaps.objectives",
)


def parse_objectives(text: str | Sequence[str]) -> tuple[Objective, ...]:
    """Return the objectives named in a comma-separated text, or a list of names, in order.

    Raises:
        UnknownNameError: a name that is not registered.
        UsageError: fewer than two, or one of them twice.
    """
    names = [name.strip() for name in text.split(",")] if isinstance(text, str) else list(text)
    names = [name for name in names if name]
    objectives = tuple(OBJECTIVES.get(name) for name in names)
    if len(objectives) < 2:
        raise UsageError(f"objectives={','.join(names)!r}: a front needs at least two, e.g. acc,time,params")
    if len(set(names)) < len(names):
        raise UsageError(f"objectives={','.join(names)!r}: one is named twice")
    return objectives
