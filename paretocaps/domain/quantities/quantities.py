"""The quantities that are computed from stored trainings, by name, and the one place that evaluates them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from math import isfinite

from paretocaps.domain.measurement import FIELDS, Measurement
from paretocaps.domain.quantities.quantity import Quantity
from paretocaps.errors import UsageError
from paretocaps.registry import Registry

QUANTITIES: Registry[type[Quantity]] = Registry(
    "quantity",
    {
        "epoch_time": "paretocaps.domain.quantities.epoch_time:EpochTime",
        "time_to": "paretocaps.domain.quantities.reach:TimeTo",
        "epochs_to": "paretocaps.domain.quantities.reach:EpochsTo",
        "energy_estimate": "paretocaps.domain.quantities.energy_estimate:EnergyEstimate",
    },
    group="paretocaps.quantities",
    check="paretocaps.domain.objective:check_quantity",
)

_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*(.*)", re.DOTALL)
_NUMBER = r"[-+]?(?:\d*\.?\d+(?:[eE][-+]?\d+)?|\d+\.)"
_ARGUMENT = re.compile(rf"\s*([A-Za-z_]\w*)\s*=\s*(?:({_NUMBER})|([A-Za-z_][\w.+-]*))\s*")


def parse_quantity(name: str) -> Quantity | None:
    """Return the quantity called `name`, such as "time_to(acc=0.99)"; None if there is no such quantity.

    Raises:
        UsageError: the quantity exists, but a parameter is missing, unknown or not allowed.
    """
    found = _CALL.fullmatch(name)
    if found is None or found[1] in FIELDS or found[1] not in QUANTITIES:
        return None
    kind = QUANTITIES.get(found[1])
    with QUANTITIES.blamed(found[1]):
        return made(kind, name)


def made(kind: type[Quantity], name: str) -> Quantity:
    """Return the quantity of a kind that is written as `name`.

    Raises:
        UsageError: a parameter is missing, unknown or not allowed.
    """
    found = _CALL.fullmatch(name)
    given = None if found is None else _arguments(found[2].strip())
    try:
        if given is None or list(given) != [field.name for field in fields(kind)]:
            raise ValueError(name)
        if any(isinstance(value, str) and field not in kind.designs for field, value in given.items()):
            raise ValueError(name)
        return kind(**given)
    except ValueError:
        written = f"{kind.example}, {kind.parameters}" if kind.parameters else kind.example
        raise UsageError(f"objective {name!r} is not understood: write {written}") from None


def value_of(measurement: Measurement, name: str) -> float | None:
    """Return one training's value of the quantity `name`, which was measured or is computed here.

    The value is None if it was not measured, or if the training has none.

    Raises:
        UsageError: a parameter is not allowed.
    """
    quantity = parse_quantity(name)
    return measurement.quantity(name) if quantity is None else evaluated(quantity, measurement)


def evaluated(quantity: Quantity, measurement: Measurement) -> float | None:
    """Return one training's value of `quantity`; None if it has none, as without the epochs that are read.

    Raises:
        ParetocapsError: the quantity of a package failed, or its value is no finite number.
        UsageError: the quantity compares a trial with a design of its study.
    """
    if quantity.against is not None:
        raise UsageError(comparing(quantity))
    if quantity.reads_epochs and not measurement.epochs:
        return None
    with QUANTITIES.blamed(quantity.kind):
        return _finite(quantity, quantity.of(measurement))


def compared(
    quantity: Quantity, trainings: Sequence[Measurement], reference: Sequence[Measurement]
) -> Sequence[float | None]:
    """Return the values of a trial's trainings, compared with those of the design `quantity.against`.

    They are None if they have none, as without the epochs that are read.

    Raises:
        ParetocapsError: the quantity of a package failed, or a value is no finite number.
    """
    if quantity.reads_epochs and not all(one.epochs for one in (*trainings, *reference)):
        return [None] * len(trainings)
    with QUANTITIES.blamed(quantity.kind):
        return [_finite(quantity, value) for value in quantity.of_trial(trainings, reference)]


def compares_trials(name: str) -> bool:
    """Return whether a quantity compares mean curves, so that a seed has no value of its own."""
    quantity = parse_quantity(name)
    return quantity is not None and quantity.against is not None


def comparing(quantity: Quantity) -> str:
    """Return why a quantity that compares trials of a study cannot steer or bound a running one."""
    return (
        f"{quantity.name} compares with design {quantity.against} of a stored study and cannot steer one:"
        f' look at it afterwards, by front --objectives "acc,{quantity.name}", or give a number'
        f" ({quantity.example})"
    )


def _finite(quantity: Quantity, value: float | None) -> float | None:
    if value is not None and not isfinite(value):
        raise ValueError(f"{quantity.name} is {value}: return a finite number, or None for no value")
    return value


def may_be_missing(name: str, measurement: Measurement) -> bool:
    """Return whether a training may lack a value of `name` although everything needed for it was measured."""
    quantity = parse_quantity(name)
    return quantity is not None and (bool(measurement.epochs) or not quantity.reads_epochs)


def _arguments(text: str) -> Mapping[str, float | str] | None:
    """Return the arguments in a text such as "(a=1,b=2)"; None if it cannot be parsed."""
    if not text:
        return {}
    found = [_ARGUMENT.fullmatch(part) for part in text[1:-1].split(",")]
    if not (text[0] == "(" and text[-1] == ")" and all(found)):
        return None
    return {one[1]: float(one[2]) if one[2] else one[3] for one in found if one is not None}
