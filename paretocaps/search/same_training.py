"""Tells which choices are the same training, whatever the choices are called."""

import hashlib
from collections.abc import Callable, Hashable, Mapping, Set
from functools import lru_cache
from typing import Any

from paretocaps.domain.effect import Effect, Facts
from paretocaps.domain.trainer import TrainerSpec
from paretocaps.storage.records import canonical_json

_KEPT = 4096
_ABSENT = object()


class SameTraining:
    """Identifies the trainings of one study.

    Args:
        trainer: its `effects` say what choices come to; without them, other choices are another training.
        epochs: the epochs of each training.
        facts: the trainer's facts about the study's data; None where they are not known.
    """

    def __init__(self, trainer: TrainerSpec, epochs: int, facts: Facts | None) -> None:
        self.effects = trainer.effects_of(epochs, facts or {})
        self._named = {name for effect in self.effects for name in effect.choices}
        self._come_to = [(effect.choices, _kept(effect)) for effect in self.effects]
        self._defaults = {
            name: field.get_default(call_default_factory=True)
            for name, field in trainer.choices.model_fields.items()
            if not field.is_required()
        }

    def acts_alone(self, name: str) -> bool:
        """Return whether two values of a choice that has a meaning are always two trainings."""
        return name not in self._named

    def key(self, choices: Mapping[str, Any]) -> Hashable:
        """Return a value that is equal for two sets of canonical choices exactly if they train the same.

        Defaults are left out, so that a trial that was stored before a choice existed has the same key.
        """
        alone = {
            name: value
            for name, value in choices.items()
            if name not in self._named and value != self._defaults.get(name, _ABSENT)
        }
        acting = (of(tuple(choices.get(name, _ABSENT) for name in names)) for names, of in self._come_to)
        return canonical_json(alone), *acting

    def digest(self, choices: Mapping[str, Any]) -> str:
        """Return the `key` as 64 hexadecimal digits, which are the same in every process."""
        return hashlib.sha256(_text(self.key(choices)).encode()).hexdigest()


def _text(key: Hashable) -> str:
    """Return a text that is equal for equal keys, although 1 equals 1.0 and sets have no order."""
    if isinstance(key, tuple):
        return f"({','.join(map(_text, key))})"
    if isinstance(key, Set):
        return f"{{{','.join(sorted(map(_text, key)))}}}"
    if isinstance(key, int) or (isinstance(key, float) and key.is_integer()):
        return repr(int(key))
    return repr(key)


def _kept(effect: Effect) -> Callable[[tuple[Any, ...]], Hashable]:
    """Return the effect as a function of its choices' values in order, whose latest results are kept."""

    @lru_cache(maxsize=_KEPT)
    def of(values: tuple[Any, ...]) -> Hashable:
        named = zip(effect.choices, values, strict=True)
        return effect.of({name: value for name, value in named if value is not _ABSENT})

    return of
