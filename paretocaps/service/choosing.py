"""Lists the choices of a trainer, each with its values, default, condition and meaning."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from paretocaps.domain.choice_facts import ChoiceFacts, choice_facts
from paretocaps.domain.space import Parameter
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import UnknownNameError
from paretocaps.report.tables import choice_text

_SIGNS = {"ge": "from {}", "gt": "above {}", "le": "to {}", "lt": "below {}"}


@dataclass(frozen=True)
class ChoiceView:
    """One choice of a trainer.

    Attributes:
        facts: its type, values, default and description.
        where: the condition under which it has a meaning, in words; empty if it always has one.
        sampled: its parameter in the space that is shown, or None if that does not sample it.
    """

    facts: ChoiceFacts
    where: str
    sampled: Parameter | None

    def as_dict(self) -> dict[str, Any]:
        """Return the choice as in the JSON of the command line."""
        facts = asdict(self.facts)
        return {
            "choice": facts.pop("name"),
            **facts,
            "condition": self.where,
            "sampled": self.sampled.table() if self.sampled else None,
        }

    def summary(self) -> dict[str, str]:
        """Return the choice in few words, as a row of the tables for people."""
        return {
            "choice": self.facts.name,
            "values": self.values,
            "default": self.default,
            "where": self.where,
            "sampled": sampled_text(self.sampled),
            "meaning": self.facts.description,
        }

    @property
    def values(self) -> str:
        """Its values, or their type and range."""
        if self.facts.values:
            return _listed(self.facts.values)
        bounds = [_SIGNS[sign].format(value_text(bound)) for sign, bound in self.facts.bounds.items()]
        kinds = {"int": "whole number", "float": "number", "str": "text"}
        return " ".join([kinds.get(self.facts.type, self.facts.type), *bounds])

    @property
    def listed(self) -> tuple[str, ...]:
        """Its values as `--set` takes them; none where they cannot be listed."""
        return tuple(
            map(value_text, self.facts.values or ((True, False) if self.facts.type == "bool" else ()))
        )

    @property
    def default(self) -> str:
        """Its default, and the conditions under which it has another one."""
        others: dict[str, dict[str, list[str]]] = {}
        for parent, defaults in self.facts.default_where.items():
            for value, default in defaults.items():
                others.setdefault(value_text(default), {}).setdefault(parent, []).append(value_text(value))
        texts = [
            f"{default} for "
            + " or ".join(f"{parent}={' or '.join(values)}" for parent, values in by.items())
            for default, by in others.items()
        ]
        return "; ".join([value_text(self.facts.default), *texts])


def choices(trainer: str = "capsnet", name: str | None = None, space: str | None = None) -> list[ChoiceView]:
    """Return all choices of a trainer, or only the one called `name`.

    Args:
        trainer: name of the trainer.
        name: name of a choice.
        space: name of the trainer's space whose sampled values are shown; None for its default one.

    Raises:
        UnknownNameError: there is no such trainer, choice or space.
    """
    spec = TRAINERS.get(trainer)
    sampled = {parameter.name: parameter for parameter in spec.sampled(space)}
    known = {facts.name: facts for facts in choice_facts(spec.choices)}
    if name is not None and name not in known:
        raise UnknownNameError("choice", name, known)
    wanted = known if name is None else {name: known[name]}
    return [ChoiceView(facts, _where(facts, known), sampled.get(name)) for name, facts in wanted.items()]


def _where(facts: ChoiceFacts, known: Mapping[str, ChoiceFacts]) -> str:
    """Return the condition of a choice in words; if a parent may have most of its values, name the others."""
    clauses = []
    for parent, allowed in facts.condition.allowed:
        others = [value for value in known[parent].values if value not in allowed]
        few = 0 < len(others) < len(allowed)
        named = " nor ".join(map(value_text, others)) if few else " or ".join(map(value_text, allowed))
        clauses.append(f"{parent} is {'not ' if few else ''}{named}")
    return " and ".join([*clauses, *(f"{parent} is above {low:g}" for parent, low in facts.condition.bounds)])


def sampled_text(parameter: Parameter | None) -> str:
    """Return in few words the values that a space samples of a choice; empty if it does not sample it."""
    if parameter is None:
        return ""
    if parameter.values:
        return _listed(parameter.values)
    step = "" if parameter.step is None else f" by {value_text(parameter.step)}"
    reach = f"{value_text(parameter.low)} to {value_text(parameter.high)}"
    return f"{reach}{step}{' (log)' if parameter.log else ''}"


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(map(value_text, values))


def value_text(value: Any) -> str:
    """Return a value as `--set` takes it."""
    return choice_text(value) or "-"
