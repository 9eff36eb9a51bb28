"""Checks designs, and finds the points of a study's space that they are."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from paretocaps.domain.space import Parameter, Scalar, Space, holds
from paretocaps.domain.trainer import TrainerSpec
from paretocaps.errors import UnknownNameError, UsageError


def with_designs(trainer: TrainerSpec, own: Mapping[str, Mapping[str, Any]]) -> TrainerSpec:
    """Return `trainer` with a study's own designs after its designs.

    Raises:
        UsageError: the trainer already has a design of that name, or does not allow a choice or value.
    """
    for name, choices in own.items():
        if name in trainer.designs:
            raise UsageError(
                f"design.{name}: trainer {trainer.name!r} already has a design of that name: choose another"
            )
        try:
            trainer.parse_fix(choices)  # each by itself: which ones go together depends on the fixed choices
        except UsageError as error:
            raise UsageError(f"design.{name}: {error}") from None
    return replace(trainer, designs={**trainer.designs, **own})


def check_designs(trainer: TrainerSpec, names: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the names of the designs to try first: `names`, or by default all of the trainer.

    Raises:
        UnknownNameError: the trainer has no such design.
    """
    for name in names or ():
        if name not in trainer.designs:
            raise UnknownNameError("design", name, trainer.designs)
    return tuple(trainer.designs) if names is None else names


def place(
    trainer: TrainerSpec, space: Space, fix: Mapping[str, Any], design: Mapping[str, Any]
) -> dict[str, Scalar]:
    """Return the sampled choices with which a trial has exactly the choices of `design`.

    Raises:
        UsageError: the space or the fixed choices do not allow the design; the message names the choice.
    """
    for name, value in fix.items():
        if name in design and design[name] != value:
            raise UsageError(f"it has {name}={design[name]}, which is fixed to {value}")
    wanted = trainer.complete(design, fix)
    for name, value in design.items():
        if name not in wanted:
            raise UsageError(f"it has {name}={value}, which has no meaning with its other choices")
    sampled: dict[str, Scalar] = {}
    for parameter in space:
        if holds(parameter.when, {**fix, **sampled}):
            meaningless = parameter.name not in wanted  # `wanted` is complete but for meaningless choices
            sampled[parameter.name] = _any(parameter) if meaningless else _value(parameter, wanted)
    reached = trainer.complete(sampled, fix)
    for name in {**wanted, **reached}:
        if wanted.get(name) != reached.get(name):
            raise UsageError(f"it has {name}={wanted.get(name)}, which the space does not sample")
    return sampled


def _any(parameter: Parameter) -> Scalar:
    """Return any value, for a choice that has no meaning and will not be in the trial."""
    points = parameter.points()
    return points[0] if points else parameter.low or 0


def _value(parameter: Parameter, wanted: Mapping[str, Any]) -> Scalar:
    value = wanted.get(parameter.name)
    points = parameter.points()
    inside = (
        value in points
        if points is not None
        else isinstance(value, int | float) and (parameter.low or 0) <= value <= (parameter.high or 0)
    )
    if value is None or not inside:
        raise UsageError(f"it has {parameter.name}={value}, which the space does not sample")
    return value  # type: ignore[no-any-return]  # a choice has the type that its trainer declares
