"""What a trial's choices are beside the baseline of its study: only those that differ."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from pydantic import BaseModel

from paretocaps.domain.choices_model import ChoicesModel
from paretocaps.domain.trainer import TRAINERS, TrainerSpec
from paretocaps.errors import ParetocapsError

BASELINE = "baseline"
"""The design that trials are set beside."""


@dataclass(frozen=True)
class Baseline:
    """The baseline of a study: its trainer's design of that name, with the choices that the study fixed.

    Attributes:
        choices: its canonical choices.
        fix: the fixed choices.
        trainer: what tells which choices follow from others; None where it is not installed here.
    """

    choices: Mapping[str, Any] = field(default_factory=dict)
    fix: Mapping[str, Any] = field(default_factory=dict)
    trainer: TrainerSpec | None = None

    @classmethod
    def of(cls, trainer: str, fix: Mapping[str, Any]) -> Self:
        """Return the baseline of a study; without choices where its trainer is not installed here.

        Args:
            trainer: name of the study's trainer.
            fix: the choices that the study fixed.
        """
        try:
            spec = TRAINERS.get(trainer)
            fixed = spec.parse_fix(fix)
            own = {name: value for name, value in spec.designs.get(BASELINE, {}).items() if name not in fixed}
            return cls(spec.complete(own, fixed), fixed, spec)
        except ParetocapsError:  # a stored study can be read without the trainer's package
            return cls()

    def differences(self, choices: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of a trial's choices that differ from the baseline's.

        A choice that follows from the others is left out, such as the decoder that a family has by default:
        what is returned and what the study fixed come to `choices`.
        """
        own = {name: value for name, value in choices.items() if value is not None}
        found = {name: value for name, value in own.items() if self.choices.get(name) != value}
        if self.trainer is None:
            return found
        defaults = _defaults(self.trainer.choices, own)
        for name in [name for name, value in found.items() if defaults.get(name) == value][::-1]:
            fewer = {other: value for other, value in found.items() if other != name}
            if self._come_to(self.trainer, fewer, own):
                found = fewer
        return found

    def _come_to(
        self, trainer: TrainerSpec, differences: Mapping[str, Any], choices: Mapping[str, Any]
    ) -> bool:
        try:
            reached = trainer.complete(differences, self.fix)
        except ParetocapsError:
            return False
        return all(reached.get(name) == value for name, value in choices.items())


def _defaults(model: type[BaseModel], choices: Mapping[str, Any]) -> dict[str, Any]:
    """Return the default of each choice, given the others."""
    own = {name: one.get_default(call_default_factory=True) for name, one in model.model_fields.items()}
    return own | dict(model.defaults(choices) if issubclass(model, ChoicesModel) else {})
