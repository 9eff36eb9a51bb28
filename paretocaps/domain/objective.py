"""Objectives: named views of a measurement, with direction and unit."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from paretocaps.domain.view import EPOCH_TIME, EnergyEstimate, ReachView, View, parse_view
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


def _seen(view: View) -> Objective:
    """Return the objective of a view."""
    return _estimated(view) if isinstance(view, EnergyEstimate) else _reaching(view)


def _estimated(view: EnergyEstimate) -> Objective:
    """Return the objective of energy as it is reckoned from the training time."""
    text = f"an estimate, not measured: {view.watts:.12g} W times the training seconds up to the best epoch"
    return Objective(view.name, "minimize", "J", text, device_bound=True, timed=True)


def _reaching(view: ReachView) -> Objective:
    """Return the objective of reaching an accuracy."""
    until = f"until validation accuracy {view.acc:.12g} is first reached (any accuracy may stand there)"
    if view.kind == "time_to":
        seconds = f"measured training seconds {until}"
        return Objective(view.name, "minimize", "s", seconds, device_bound=True, timed=True)
    return Objective(view.name, "minimize", "", f"epochs {until}")


class Objectives(Registry[Objective]):
    """The objectives by name, those with a parameter (`time_to(acc=0.955)`) too, whatever it is."""

    def get(self, name: str) -> Objective:
        """Return the objective called `name`.

        Raises:
            UnknownNameError: no such name; the message has the nearest one.
            UsageError: a parameter that is missing or cannot be.
        """
        view = parse_view(name)
        return super().get(name) if view is None else _seen(view)

    def __contains__(self, name: object) -> bool:
        try:
            return super().__contains__(name) or (isinstance(name, str) and parse_view(name) is not None)
        except UsageError:
            return False


OBJECTIVES: Registry[Objective] = Objectives(
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
        "flops": Objective(
            "flops",
            "minimize",
            "",
            "floating-point operations of training on one image once, two a multiply-add",
        ),
        EPOCH_TIME: Objective(
            EPOCH_TIME,
            "minimize",
            "s",
            "measured training seconds of an epoch, the mean up to the best one",
            device_bound=True,
            timed=True,
        ),
        **{view.name: _reaching(view) for view in (ReachView("time_to", 0.99), ReachView("epochs_to", 0.99))},
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
        EnergyEstimate(100).name: _estimated(EnergyEstimate(100)),
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
        "robust": Objective(
            "robust",
            "maximize",
            "",
            "mean accuracy on validation images turned, moved, scaled and sheared: 26 fixed transforms",
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
    names = list(split_names(text) if isinstance(text, str) else filter(None, text))
    objectives = tuple(OBJECTIVES.get(name) for name in names)
    if len(objectives) < 2:
        raise UsageError(f"objectives={','.join(names)!r}: a front needs at least two, e.g. acc,time,params")
    if len({objective.name for objective in objectives}) < len(names):
        raise UsageError(f"objectives={','.join(names)!r}: one is named twice")
    return objectives


def split_names(text: str) -> tuple[str, ...]:
    """Return the names in a comma-separated text; a comma in parentheses separates nothing."""
    return tuple(name.strip() for name in re.split(r",(?![^()]*\))", text) if name.strip())


def canonical_name(name: str) -> str:
    """Return the name under which an objective is stored: the same for the same parameter.

    Names that are no objective's are returned as they are, for whoever looks them up to refuse.
    """
    try:
        view = parse_view(name)
    except UsageError:
        return name
    return name if view is None else view.name


def is_timed(quantity: str) -> bool:
    """Return whether a quantity is a time: behind an objective that is `timed`."""
    if quantity in OBJECTIVES and OBJECTIVES.get(quantity).quantity == quantity:
        return OBJECTIVES.get(quantity).timed
    return any(o.timed and o.quantity == quantity for o in map(OBJECTIVES.get, OBJECTIVES))
