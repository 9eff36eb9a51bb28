"""Recorded tables: real trainings, with every value as it was measured."""

import json
import lzma
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from paretocaps.domain.brought_choices import choices_model
from paretocaps.domain.choices_model import canonical_choices
from paretocaps.domain.job import DataSpec
from paretocaps.domain.measurement import Measurement, Predictions
from paretocaps.domain.space import Parameter
from paretocaps.errors import DivergedError, UsageError
from paretocaps.replay.card import Card, Recorded
from paretocaps.replay.space import SPACE

ROWS, CARD = ".jsonl.xz", ".json"
"""The ends of the names of a table's two files: its trainings, one a line, and its card."""

_SHIPPED = files("paretocaps.replay") / "tables"


@dataclass(frozen=True)
class Table:
    """The recorded trainings of one list of designs, each with several seeds.

    Args:
        card: what the table is of.
        rows: its trainings.
    """

    card: Card
    rows: tuple[Recorded, ...]
    designs: dict[str, dict[str, Any]] = field(init=False, default_factory=dict)
    """The canonical choices of every recorded design, by its name."""
    _names: dict[str, str] = field(init=False, default_factory=dict)
    _trained: dict[tuple[str, int], Recorded] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.rows:
            if row.design not in self.designs:
                self.designs[row.design] = canonical_choices(choices_model(), self.card.fix | row.choices)
                self._names[_key(self.designs[row.design])] = row.design
            self._trained[row.design, row.seed] = row

    def measurement(self, choices: Mapping[str, Any], seed: int) -> Measurement:
        """Return what was measured of a training with canonical `choices`, exactly as it was.

        Raises:
            UsageError: it is not recorded; the message names the nearest design, or the seeds.
            DivergedError: the recorded training failed.
        """
        name = self._names.get(_key(choices))
        if name is None:
            raise UsageError(self._lacking(choices))
        row = self._trained.get((name, seed))
        if row is None:
            seeds = ", ".join(str(of) for design, of in self._trained if design == name)
            raise UsageError(f"table {self.card.name} has no seed {seed} of design {name}: it has {seeds}")
        if row.measurement is None:
            raise DivergedError(row.reason or "the recorded training failed")
        return Measurement.model_validate({**row.measurement, "predictions": self._predictions(row)})

    def nearest(self, choices: Mapping[str, Any]) -> str:
        """Return the name of the first of the recorded designs that are nearest to canonical `choices`.

        `distance` says what near is (Gower 1971).
        """
        return min(self.designs, key=lambda name: distance(self.designs[name], choices))

    def _lacking(self, choices: Mapping[str, Any]) -> str:
        name = self.nearest(choices)
        near = self.designs[name]
        differing = [
            f"{choice}={near[choice]}" if choice in near else f"no {choice}"
            for choice in {**choices, **near}
            if choices.get(choice) != near.get(choice)
        ]
        return (
            f"table {self.card.name} has no training with these choices, and nothing is interpolated: the"
            f" nearest recorded design is {name}, with {', '.join(differing)}"
        )

    def _predictions(self, row: Recorded) -> Predictions | None:
        if row.mistakes is None:
            return None
        labels = self.card.labels
        classes = tuple(row.mistakes.get(image, label) for image, label in enumerate(labels))
        return Predictions(labels=labels, classes=classes, images=f"table {self.card.name}")


def distance(first: Mapping[str, Any], second: Mapping[str, Any]) -> float:
    """Return the distance of two sets of canonical choices, 0 to 1: the mean over the choices of the space.

    A choice counts 1 where listed values differ and where only one of them has the choice, and a number the
    share of its range that lies between the two, on a logarithmic scale where it is sampled on one, where 0
    is 1 away from all others. A choice that neither has does not count, and one that the space lacks counts
    as a listed one.
    """
    known = {parameter.name: parameter for parameter in SPACE}
    names = first.keys() | second.keys()
    return math.fsum(_apart(known.get(name), first.get(name), second.get(name)) for name in names) / len(
        names
    )


def _apart(parameter: Parameter | None, first: Any, second: Any) -> float:
    if first == second:
        return 0.0
    if (
        first is None
        or second is None
        or parameter is None
        or parameter.low is None
        or parameter.high is None
    ):
        return 1.0
    low, high = float(parameter.low), float(parameter.high)
    if not parameter.log:
        return min(abs(float(first) - float(second)) / (high - low), 1.0)
    if min(first, second) <= 0:  # such as no weight decay
        return 1.0
    return min(abs(math.log(first) - math.log(second)) / math.log(high / low), 1.0)


@lru_cache
def cards() -> tuple[Card, ...]:
    """Return the cards of the tables that come with this package, by name."""
    found = sorted(file.name for file in _SHIPPED.iterdir() if file.name.endswith(CARD))
    return tuple(_card(_SHIPPED / name) for name in found)


@lru_cache
def read(name: str, folder: Traversable = _SHIPPED) -> Table:
    """Return the table called `name`, which is read once in each process."""
    packed = (folder / f"{name}{ROWS}").read_bytes()
    lines = lzma.decompress(packed).decode().splitlines()
    rows = tuple(Recorded.model_validate_json(line) for line in lines)
    return Table(_card(folder / f"{name}{CARD}"), rows)


def table_of(data: DataSpec, epochs: int) -> Table:
    """Return the table of trainings of so many epochs on these images.

    Raises:
        UsageError: there is none; the message names those that there are.
    """
    for one in cards():
        if (one.data, one.epochs) == (data, epochs):
            return read(one.name)
    raise UsageError(f"no table has trainings of {epochs} epochs on {data}: {there_are()}")


def there_are() -> str:
    """Return a phrase that names the tables, with the options of the studies that they can play."""
    return "there are " + "; ".join(f"{one.name} ({one.options})" for one in cards())


def _card(file: Traversable) -> Card:
    return Card.model_validate_json(file.read_text(encoding="utf-8"))


def _key(choices: Mapping[str, Any]) -> str:
    return json.dumps(choices, sort_keys=True)
