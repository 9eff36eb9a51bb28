"""Checks designs, and places them in a study: the choices of their trials, and their names there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from paretocaps.domain.choices_model import ChoicesModel
from paretocaps.domain.space import Parameter, Scalar, Space, holds
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TrainerSpec
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.search.same_training import SameTraining


def with_designs(trainer: TrainerSpec, own: Mapping[str, Mapping[str, Any]]) -> TrainerSpec:
    """Return `trainer` with a study's own designs after its designs.

    Raises:
        UsageError: the trainer already has another design of that name, or does not allow a choice or value.
    """
    for name, choices in own.items():
        if dict(trainer.designs.get(name, choices)) != dict(choices):
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


def meant(trainer: TrainerSpec, spec: StudySpec, name: str) -> dict[str, Any]:
    """Return the canonical choices that a design stands for by itself.

    What a design of the trainer does not name is the default; what a study's own design does not name is
    fixed by the study file that it is written in.

    Args:
        trainer: has the study's own designs too.
        spec: the study's spec.
        name: name of a design.

    Raises:
        UsageError: its choices contradict each other.
    """
    beside = spec.fix if spec.file_fix is None else spec.file_fix
    return trainer.complete(trainer.designs[name], trainer.parse_fix(beside if name in spec.design else {}))


@dataclass(frozen=True)
class PlacedDesign:
    """A design in a study.

    Attributes:
        fixed: the fixed choices that supplement it; empty if it trains the same without them.
        sampled: the sampled choices of its trial.
        choices: the canonical choices of its trial, as the design spells them.
    """

    fixed: Mapping[str, Any]
    sampled: Mapping[str, Scalar]
    choices: Mapping[str, Any]


@dataclass(frozen=True)
class StudyDesigns:
    """Places designs in one study.

    Args:
        spec: the study's spec.
        trainer: has the study's own designs too.
        space: the sampled choices.
        fix: the fixed choices.
        same: tells trainings apart.
    """

    spec: StudySpec
    trainer: TrainerSpec
    space: Space
    fix: Mapping[str, Any]
    same: SameTraining

    def of(self, name: str) -> PlacedDesign:
        """Return a design as it is in the study: its trial trains exactly what the design says.

        Raises:
            UsageError: the space or the fixed choices do not allow the design; the message names the choice.
        """
        design = self.trainer.parse_fix(self.trainer.designs[name])
        choices = self._choices(design)
        alone = meant(self.trainer, self.spec, name)
        fixed: dict[str, Any] = {}
        if self.same.key(choices) != self.same.key(alone):
            fixed = {
                choice: value
                for choice, value in self.fix.items()
                if choice not in design and choice in choices and alone.get(choice) != value
            }
        return PlacedDesign(fixed, self.point(choices), choices)

    def point(self, choices: Mapping[str, Any]) -> dict[str, Scalar]:
        """Return the point of the space at which a trial trains the same as with canonical `choices`.

        Raises:
            UsageError: there is none; the message names the choice.
        """
        sampled: dict[str, Scalar] = {}
        model, choices = self.trainer.choices, self._as_written(choices)
        wanted = {**choices, **(model.respelled(choices) if issubclass(model, ChoicesModel) else {})}
        for parameter in self.space:
            if holds(parameter.when, {**self.fix, **sampled}):
                sampled[parameter.name] = _value(parameter, wanted.get(parameter.name))
        reached = self.trainer.complete(sampled, self.fix)
        if self.same.key(reached) != self.same.key(choices):
            missed = [name for name in choices if wanted[name] != reached.get(name)]
            sampled_too = [parameter.name for parameter in self.space if parameter.name in missed]
            other = [name for name in missed if name in reached]  # the rest may be spelled otherwise
            choice = (sampled_too or other or missed)[0]
            raise UsageError(f"it has {choice}={choices[choice]}, which the space does not sample")
        return sampled

    def _as_written(self, choices: Mapping[str, Any]) -> dict[str, Any]:
        """Return choices with the values of ranges with a step as they are written, unlike in version 0.1."""
        steps = {one.name: one for one in self.space if one.step is not None and not one.is_integer}
        return {
            name: steps[name].rounded(value) if name in steps and isinstance(value, float) else value
            for name, value in choices.items()
        }

    def _choices(self, design: Mapping[str, Any]) -> dict[str, Any]:
        """Return the choices of a design's trial; fixed ones may contradict it only without any effect."""
        wanted = self.trainer.complete(design, self.fix)
        for choice, value in design.items():
            if choice not in wanted:
                raise UsageError(f"it has {choice}={value}, which has no meaning with its other choices")
        contradicted = [choice for choice, value in design.items() if self.fix.get(choice, value) != value]
        if not contradicted:
            return wanted
        forced = self.trainer.complete({}, {**design, **self.fix})
        if self.same.key(forced) != self.same.key(wanted):
            choice = contradicted[0]
            raise UsageError(f"it has {choice}={design[choice]}, which is fixed to {self.fix[choice]}")
        return forced


def _value(parameter: Parameter, wanted: Any) -> Scalar:
    """Return the value that is wanted, or any other one if the parameter does not have it."""
    points = parameter.points()
    low, high = parameter.low or 0, parameter.high or 0
    if points is not None:
        return points[points.index(wanted)] if wanted in points else points[0]
    return wanted if isinstance(wanted, int | float) and low <= wanted <= high else low
