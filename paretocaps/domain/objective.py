"""Objectives are named views of a measurement, with a direction and a unit."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from inspect import isabstract
from typing import Any, get_args

from paretocaps.domain.estimate import Images
from paretocaps.domain.measurement import FIELDS, SHARES
from paretocaps.domain.quantities.quantities import QUANTITIES, made, parse_quantity
from paretocaps.domain.quantities.quantity import Direction, Quantity
from paretocaps.errors import UsageError
from paretocaps.registry import Registry


@dataclass(frozen=True)
class Objective:
    """A value that a study optimises.

    Args:
        name: its name on the command line and in the headers of tables.
        direction: "maximize" or "minimize".
        unit: SI unit, empty for a pure number.
        description: its meaning, in one line.
        quantity: the measured quantity behind it (see `Measurement.quantity`); by default its name.
        device_bound: whether values from different devices cannot be compared.
        timed: whether it is a time, or energy: sharing the device changes it.
        scales: whether a calibration scales it, as a time, from one device to another.
        images: the images that it is a share of, "validation" or "test": one seed then has an interval.
        signed: whether it may be below zero; the interval of any other quantity is cut there.
    """

    name: str
    direction: Direction
    unit: str
    description: str
    quantity: str = ""
    device_bound: bool = False
    timed: bool = False
    scales: bool = True
    images: Images = ""
    signed: bool = False

    def __post_init__(self) -> None:
        if not self.quantity:
            object.__setattr__(self, "quantity", self.name)

    @property
    def sign(self) -> int:
        """The factor by which values are multiplied to minimize them: +1 if less is better, else -1."""
        return 1 if self.direction == "minimize" else -1

    @property
    def limit(self) -> float | None:
        """The best value that is possible: 1 for a share of images, 0 for what cannot be less; else None."""
        if self.direction == "minimize":
            return None if self.signed else 0.0
        return 1.0 if self.images else None


def _objective(quantity: Quantity) -> Objective:
    return Objective(
        quantity.name,
        quantity.direction,
        quantity.unit,
        quantity.description,
        device_bound=quantity.device_bound,
        timed=quantity.timed,
        images=quantity.images,
        signed=quantity.signed,
    )


class Objectives(Registry[Objective]):
    """The objectives by name: those that are measured, and every quantity with any parameters.

    A quantity is listed with the parameters of its example.
    """

    def get(self, name: str) -> Objective:
        """Return the objective called `name`.

        Raises:
            UnknownNameError: there is no such name; the message suggests the nearest one.
            UsageError: a parameter is missing or not allowed.
        """
        quantity = parse_quantity(name)
        return super().get(name) if quantity is None else _objective(quantity)

    def __iter__(self) -> Iterator[str]:
        yield from super().__iter__()
        yield from (kind.example for kind in QUANTITIES.loadable())

    def __contains__(self, name: object) -> bool:
        try:
            return super().__contains__(name) or (isinstance(name, str) and parse_quantity(name) is not None)
        except UsageError:
            return False


TEST_ACC = Objective("test_acc", "maximize", "", "test accuracy of the best epoch's weights", images="test")
"""What is shown beside a front's objectives; it is none of them, because nothing is chosen by it."""

OBJECTIVES: Registry[Objective] = Objectives(
    "objective",
    {
        "acc": Objective("acc", "maximize", "", "validation accuracy at the best epoch", images="validation"),
        "time": Objective(
            "time",
            "minimize",
            "s",
            "measured training seconds up to the best epoch",
            device_bound=True,
            timed=True,
        ),
        "cpu_time": Objective(
            "cpu_time",
            "minimize",
            "s",
            "CPU seconds of all threads up to the best epoch, which waiting for a processor does not change",
            device_bound=True,
            timed=True,
            scales=False,
        ),
        "wall": Objective(
            "wall", "minimize", "s", "seconds of the whole training", device_bound=True, timed=True
        ),
        "params": Objective("params", "minimize", "", "parameters of the trained network"),
        "macs": Objective("macs", "minimize", "", "forward multiply-adds per image"),
        "flops": Objective(
            "flops",
            "minimize",
            "",
            "floating-point operations of training on one image once, two per multiply-add",
        ),
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
            "training energy up to the best epoch, of the whole card or processor, by its own counter"
            " (NVML, RAPL)",
            device_bound=True,
            timed=True,
            scales=False,
        ),
        "latency": Objective(
            "latency",
            "minimize",
            "s",
            "seconds to classify a single image",
            device_bound=True,
            timed=True,
        ),
        "latency_batch": Objective(
            "latency_batch",
            "minimize",
            "s",
            "seconds per image to classify 128 images at once",
            device_bound=True,
            timed=True,
        ),
        "robust": Objective(
            "robust",
            "maximize",
            "",
            "mean accuracy on rotated, shifted, scaled and sheared validation images: 26 fixed transforms",
            images="validation",
        ),
    },
    group="paretocaps.objectives",
    of=Objective,
)


def parse_objectives(text: str | Sequence[str]) -> tuple[Objective, ...]:
    """Return the objectives named in a comma-separated text or a list of names, in order.

    Raises:
        UnknownNameError: a name is not registered.
        UsageError: there are fewer than two, or one is named twice.
    """
    names = list(split_names(text) if isinstance(text, str) else filter(None, text))
    objectives = tuple(OBJECTIVES.get(name) for name in names)
    if len(objectives) < 2:
        raise UsageError(f"objectives={','.join(names)!r}: a front needs at least two, e.g. acc,time,params")
    if len({objective.name for objective in objectives}) < len(names):
        raise UsageError(f"objectives={','.join(names)!r}: one is named twice")
    return objectives


def split_names(text: str) -> tuple[str, ...]:
    """Return the names in a comma-separated text; commas in parentheses do not separate names."""
    return tuple(name.strip() for name in re.split(r",(?![^()]*\))", text) if name.strip())


def canonical_name(name: str) -> str:
    """Return the name under which an objective is stored, which is the same for the same parameters.

    An unknown name is returned unchanged; a look-up will refuse it.
    """
    try:
        quantity = parse_quantity(name)
    except UsageError:
        return name
    return name if quantity is None else quantity.name


def is_timed(quantity: str) -> bool:
    """Return whether sharing the device changes a quantity, that is, whether its objective is `timed`."""
    return any(view.timed for view in _views(quantity))


def is_device_bound(quantity: str) -> bool:
    """Return whether values of a quantity from two devices do not compare, nor add up."""
    return any(view.device_bound for view in _views(quantity))


def is_scaled(quantity: str) -> bool:
    """Return whether a calibration scales a quantity from one device to another."""
    return any(view.timed and view.scales for view in _views(quantity))


def is_signed(quantity: str) -> bool:
    """Return whether a quantity may be below zero, that is, whether its objective is `signed`."""
    return any(view.signed for view in _views(quantity))


def images_of(quantity: str) -> Images:
    """Return the images of which a quantity is a share; empty if it is no share of images."""
    return next((view.images for view in _views(quantity) if view.images), SHARES.get(quantity, ""))


def _views(quantity: str) -> Sequence[Objective]:
    """Return the objectives that are views of a quantity: its namesake, or those under other names."""
    if quantity in OBJECTIVES and OBJECTIVES.get(quantity).quantity == quantity:
        return (OBJECTIVES.get(quantity),)
    return [view for view in OBJECTIVES.loadable() if view.quantity == quantity]


def check_quantity(name: str, kind: Any) -> None:
    """Check the class of a quantity that a package adds.

    Raises:
        UsageError: it is no quantity, has another name or that of a measured one, or its example is not read.
    """
    if not (isinstance(kind, type) and issubclass(kind, Quantity)):
        raise UsageError(f"{kind!r} is no subclass of Quantity")
    if isabstract(kind):
        raise UsageError(f"it lacks {' and '.join(sorted(kind.__abstractmethods__))}")
    if lacking := [given for given in ("kind", "example") if not isinstance(getattr(kind, given, None), str)]:
        raise UsageError(f"it lacks {' and '.join(lacking)}")
    if kind.kind != name:
        raise UsageError(f"its kind is {kind.kind!r}")
    if kind.images not in get_args(Images):
        raise UsageError(f"its images are {kind.images!r}: write 'validation', 'test' or ''")
    if name in FIELDS or Registry.__contains__(OBJECTIVES, name):
        raise UsageError("a measured quantity has that name: choose another name")
    if not made(kind, kind.example).description:
        raise UsageError("it has no description")
