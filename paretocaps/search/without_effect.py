"""Finds the choices of a space that cannot act in any training of a study."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from paretocaps.domain.choices_model import ChoicesModel
from paretocaps.domain.condition import Condition
from paretocaps.domain.effect import Facts
from paretocaps.domain.space import Parameter, Scalar, Space, holds
from paretocaps.domain.trainer import TrainerSpec
from paretocaps.errors import UsageError
from paretocaps.search.same_training import SameTraining

_MOST = 2000
"""The most trials that are completed to show that a choice cannot act; if it takes more, it is sampled."""
_ALL = 16
"""The most values of a choice that are all tried; of more, the first, the last and ever fewer between are."""
_LONGEST, _LARGER = 256, 1000
"""The epochs, and the factor of a fact, that are tried to say what keeps a choice from acting."""


def without_effect(
    trainer: TrainerSpec, space: Space, fix: Mapping[str, Any], epochs: int, facts: Facts
) -> dict[str, str]:
    """Return the choices of `space` whose value makes no difference to any training, each with the reason.

    The reason ends the sentence "growth has no effect ...": "in 5 epochs", "with family=lenet5". A choice is
    tried beside all values of those that could matter to it. A choice with a single value is none of them,
    nor is one on which it depends whether another, which is sampled, has a value.

    Args:
        trainer: its model of choices has the conditions, and its effects tell trainings apart.
        space: the sampled choices, without fixed ones.
        fix: the fixed choices.
        epochs: the epochs of each training.
        facts: the trainer's facts about the data.
    """
    same = SameTraining(trainer, epochs, facts)
    values = {parameter.name: _values(parameter) for parameter in space}
    tries = _Tries(trainer, space, fix, values, [effect.choices for effect in same.effects])
    idle: dict[str, str] = {}
    for parameter in reversed(space.parameters):  # those that depend on others come after them
        decides = any(parameter.name in p.when.parents for p in space if p.name not in idle)
        if not decides and len(values[parameter.name]) > 1 and not tries.tell_apart(parameter, same):
            reason = tries.why_meaningless(parameter) or _limit(tries, parameter, epochs, facts)
            idle = {parameter.name: reason, **idle}
    return idle


def told(reasons: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence per reason on the choices that have no effect for that reason."""
    for reason in dict.fromkeys(reasons.values()):
        *names, last = [name for name, why in reasons.items() if why == reason]
        some = f"{', '.join(names)} and {last} have" if names else f"{last} has"
        yield f"{some} no effect {reason}: not sampled"


@dataclass(frozen=True)
class _Tries:
    """Completes choices as trials would, and compares trainings.

    Args:
        trainer, space, fix: what a trial's choices follow from.
        values: the values of each sampled choice to try.
        together: the names of choices that interact.
        completed: what was completed before.
    """

    trainer: TrainerSpec
    space: Space
    fix: Mapping[str, Any]
    values: Mapping[str, Sequence[Scalar]]
    together: Sequence[Sequence[str]]
    completed: dict[tuple[tuple[str, Scalar], ...], dict[str, Any] | None] = field(default_factory=dict)

    def tell_apart(self, parameter: Parameter, same: SameTraining) -> bool:
        """Return whether any two values of the choice, or one and its default, are different trainings.

        It is taken to be so where the trainer refuses every one of them beside the defaults of other choices.
        """
        tried = contexts = 0
        for group in self._groups(parameter):
            contexts += 1
            tried += len(group)
            if tried > _MOST or len(set(map(same.key, group))) > 1:
                return True
        return contexts > 0 and tried == 0

    def why_meaningless(self, parameter: Parameter) -> str:
        """Return why the choice has no meaning in any trial, or an empty text if it has one in some."""
        groups = list(self._groups(parameter))
        if any(parameter.name in choices for group in groups for choices in group):
            return ""
        condition = self._condition(parameter.name) if groups else parameter.when  # which never holds
        anywhere = self._choices({name: values[0] for name, values in self.values.items()})
        settled = dict.fromkeys(self._settled(condition, anywhere or {}))
        return f"with {' and '.join(settled)}" if settled else f"unless {condition}"

    def _groups(self, parameter: Parameter) -> Iterator[list[dict[str, Any]]]:
        """Yield the choices of trials that differ in `parameter` alone, in each context where it is sampled.

        The last of a group has its default. A context has values of the choices that could matter to it.
        """
        values = (*self.values[parameter.name], None)
        for context in self._contexts(self._beside(parameter), parameter, {}):
            found = (self._choices({**context, parameter.name: value}) for value in values)
            yield [choices for choices in found if choices is not None]

    def _contexts(
        self, waiting: Sequence[Parameter], about: Parameter, given: Mapping[str, Scalar]
    ) -> Iterator[Mapping[str, Scalar]]:
        """Yield the values of the `waiting` parameters, but not of `about`, that go with `given` ones."""
        if not waiting:
            yield given
            return
        first, *rest = waiting
        variants = [{**self.fix, **given, about.name: value} for value in self.values[about.name]]
        sampled = any(holds(first.when, known) for known in variants)
        if first != about and sampled:
            for value in self.values[first.name]:
                yield from self._contexts(rest, about, {**given, first.name: value})
        elif first != about or sampled:
            yield from self._contexts(rest, about, given)

    def _settled(self, condition: Condition, choices: Mapping[str, Any]) -> Iterator[str]:
        """Yield what stands against `condition` in every trial, such as "family=lenet5"."""
        for parent in condition.parents:
            if parent in choices and parent not in {parameter.name for parameter in self.space}:
                yield f"{parent}={choices[parent]}"
            elif parent not in choices:
                yield from self._settled(self._condition(parent), choices)

    def _condition(self, name: str) -> Condition:
        model = self.trainer.choices
        own = model.conditions if issubclass(model, ChoicesModel) else {}
        return own.get(name, Condition())

    def _choices(self, given: Mapping[str, Scalar | None]) -> dict[str, Any] | None:
        """Return a trial's choices, or None where the trainer refuses them; a value None is the default."""
        sampled: dict[str, Scalar] = {}
        for parameter in self.space:
            value = given.get(parameter.name)
            if value is not None and holds(parameter.when, {**self.fix, **sampled}):
                sampled[parameter.name] = value
        point = tuple(sampled.items())
        if point not in self.completed:
            try:
                self.completed[point] = self.trainer.complete(sampled, self.fix)
            except UsageError:
                self.completed[point] = None
        return self.completed[point]

    def _beside(self, parameter: Parameter) -> list[Parameter]:
        """Return `parameter` and those that could matter to what it does, in the order of the space."""
        names = {parameter.name}
        for interacting in self.together:
            if parameter.name in interacting:
                names.update(interacting)
        whens = {other.name: other.when for other in self.space}
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            parents = {*self._condition(name).parents, *whens.get(name, Condition()).parents}
            further = (parents | self._deciding.get(name, set())) - names
            names |= further
            waiting += further
        return [other for other in self.space if other.name in names]

    @cached_property
    def _deciding(self) -> dict[str, set[str]]:
        """The names of the parameters that decide the default of a choice, by its name."""
        model = self.trainer.choices
        found: dict[str, set[str]] = {}
        if not issubclass(model, ChoicesModel):
            return found
        for parameter in self.space:
            values = self.values[parameter.name]
            given = [model.defaults({**self.fix, parameter.name: value}) for value in values]
            for name in {name for defaults in given for name in defaults}:
                if any(defaults.get(name) != given[0].get(name) for defaults in given):
                    found.setdefault(name, set()).add(parameter.name)
        return found


def _values(parameter: Parameter) -> tuple[Scalar, ...]:
    """Return the values of a choice to try: all of them, or some of many or of a continuous range."""
    points = parameter.points() or parameter.examples()
    last = len(points) - 1
    if last < _ALL:
        return points
    doubling = (2**power for power in range(last.bit_length()))
    return tuple(points[place] for place in sorted({0, *doubling, 3, last - 1, last}))


def _limit(tries: _Tries, parameter: Parameter, epochs: int, facts: Facts) -> str:
    """Return what keeps a choice that has a meaning from acting: a fixed choice, the data, or the epochs."""
    same = SameTraining(tries.trainer, epochs, facts)
    for name, value in tries.fix.items():
        others = {other: given for other, given in tries.fix.items() if other != name}
        if replace(tries, fix=others, completed={}).tell_apart(parameter, same):
            return f"with {name}={value}"
    for name, number in facts.items():
        larger = {**facts, name: number * _LARGER}
        if tries.tell_apart(parameter, SameTraining(tries.trainer, epochs, larger)):
            return f"with {number} {name if number != 1 else name.removesuffix('s')}"
    longer = 2 * epochs
    while longer <= max(_LONGEST, 4 * epochs):
        if tries.tell_apart(parameter, SameTraining(tries.trainer, longer, facts)):
            return f"in {epochs} epoch{'s' if epochs > 1 else ''}"
        longer *= 2
    return "in this study"
