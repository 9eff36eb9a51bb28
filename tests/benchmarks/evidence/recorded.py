"""Recorded trainings of capsule networks, as `paretocaps.replay` ships them, of whole designs.

Versions of this package without such tables read them from a file that the present one writes (`export`).
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from evidence.table import Matrix, Played, Table

from paretocaps.domain.space import Parameter, Space, holds

_KEPT = 65_536


def export(name: str, path: Path, *, whole: bool) -> str:
    """Write the table called `name` to a file; return why it cannot be, or an empty text.

    With `whole`, all its designs must have been recorded, as of a table that is played once.
    """
    lacking = f"no table {name} is recorded yet"
    try:
        from paretocaps.replay.spec import REPLAY
        from paretocaps.replay.table import cards, read
    except ImportError:
        return lacking
    card = next((card for card in cards() if card.name == name), None)
    if card is None:
        return lacking
    if whole and card.designs < card.listed:
        return f"{card.designs} of the {card.listed} designs of {name} are recorded yet"
    table = read(name)
    designs = {}
    for row in table.rows:
        designs.setdefault(row.design, {})[row.seed] = _curve(row.measurement)
    trained = {design: seeds for design, seeds in designs.items() if all(seeds.values())}
    rows = [
        [table.designs[design], [seeds[seed] for seed in sorted(seeds)]] for design, seeds in trained.items()
    ]
    canonical = {
        name: REPLAY.canonical({**table.card.fix, **choices}) for name, choices in REPLAY.designs.items()
    }
    recorded = [table.designs[design] for design in trained]
    named = {
        name: _sampled(REPLAY.space, choices) for name, choices in canonical.items() if choices in recorded
    }
    kept = {
        "space": REPLAY.space.table(),
        "epochs": table.card.epochs,
        "facts": dict(table.card.facts),
        "reading": table.card.reading,
        "designs": named,
        "rows": rows,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept))
    return ""


def _curve(measurement: Mapping[str, Any] | None) -> dict[str, list[Any]] | None:
    if measurement is None:
        return None
    epochs = measurement["epochs"]
    return {
        "acc": [epoch["acc"] for epoch in epochs],
        "seconds": [epoch["cpu_seconds"] for epoch in epochs],  # other work took the clock's
        "params": [epoch["params"] for epoch in epochs],
        "network": [epoch.get("network", 0) for epoch in epochs],
    }


class RecordedTable(Table):
    """Recorded designs of a larger space; other choices train the nearest of them.

    Args:
        name: its name in the protocol.
        path: the file that `export` wrote.
    """

    def __init__(self, name: str, path: Path) -> None:
        self._path, kept = path, json.loads(path.read_text())
        space = Space.parse(kept["space"])
        hooks = {hook: f"evidence.trainer:{hook}_of_nearest" for hook in ("forecast", "course")}
        objectives = ("acc", "time", "params")
        found = (hooks, kept["facts"], kept["reading"], min(len(seeds) for _, seeds in kept["rows"]))
        super().__init__(name, space, kept["epochs"], objectives, kept["designs"], *found)
        self.points = [choices for choices, _ in kept["rows"]]
        self.trainings = [
            [
                Played(*(tuple(seed[name]) for name in ("acc", "seconds", "params", "network")))
                for seed in seeds
            ]
            for _, seeds in kept["rows"]
        ]
        sampled = [_sampled(space, point) for point in self.points]
        columns = ([point.get(one.name) for point in sampled] for one in space)
        self._columns = [(one, _scaled(one, column)) for one, column in zip(space, columns, strict=True)]
        self._nearest = lru_cache(maxsize=_KEPT)(self._found)

    def canonical(self, choices: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the choices of the nearest design."""
        return self.points[self.row(choices)]

    def row(self, choices: Mapping[str, Any]) -> int:
        """Return the row of the nearest design, by the choices of the space."""
        return self._nearest(self.values(choices))

    def values(self, choices: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the values of the space's choices; None where there is none."""
        return tuple(choices.get(one.name) for one in self.space)

    def once(self) -> "PlayedOnce":
        """Return these trainings for one study, each of whose proposals plays a design of its own."""
        return PlayedOnce(self.name, self._path)

    def _found(self, values: tuple[Any, ...]) -> int:
        return int(np.argmin(self.distances(values)))

    def distances(self, values: tuple[Any, ...]) -> Matrix:
        """Return how far each design is, by the mean over the choices that either has."""
        apart, meant = np.zeros((2, len(self.points)))
        for (parameter, column), value in zip(self._columns, values, strict=True):
            (own,) = _scaled(parameter, [value])
            none, lacking = np.isnan(column), np.isnan(own)
            difference = np.where(none | lacking, 1.0, np.minimum(np.abs(column - own), 1.0))
            apart += np.where(none & lacking, 0.0, difference)
            meant += ~(none & lacking)
        rounded: Matrix = np.round(apart / meant, 12)
        return rounded

    def key(self, choices: Mapping[str, Any]) -> str:
        """Return the number of the nearest design."""
        return str(self.row(choices))

    def played(self, choices: Mapping[str, Any], seed: int) -> Played:
        """Return what was recorded of the nearest design."""
        seeds = self.trainings[self.row(choices)]
        return seeds[seed % len(seeds)]

    def truth(self, choices: Mapping[str, Any]) -> tuple[float, float, float]:
        """Return the means over the recorded seeds."""
        return self._means(self.row(choices))

    def _means(self, row: int) -> tuple[float, float, float]:
        found = np.array([seed.values() for seed in self.trainings[row]], dtype=np.float64).mean(axis=0)
        return float(found[0]), float(found[1]), float(found[2])

    def fronts(self) -> Iterator[tuple[list[str], Matrix]]:
        """Yield all designs."""
        rows = range(len(self.points))
        yield list(map(str, rows)), self.costs(np.array([self._means(row) for row in rows]))


class PlayedOnce(RecordedTable):
    """A recorded table for one study, in which a proposal trains the nearest design that no other one has.

    So that no two trainings of a study are copies of each other, as none are where networks are trained.
    """

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name, path)
        self._taken: dict[tuple[Any, ...], int] = {}

    def row(self, choices: Mapping[str, Any]) -> int:
        """Return the row of the design that is played, or would be."""
        values = self.values(choices)
        if values in self._taken:
            return self._taken[values]
        distances = self.distances(values)
        distances[list(self._taken.values())] = np.inf
        if np.isinf(distances).all():
            raise ValueError(f"all {len(distances)} designs of {self.name} are played: give fewer trials")
        return int(np.argmin(distances))

    def played(self, choices: Mapping[str, Any], seed: int) -> Played:
        """Return what was recorded of the nearest design, which no other choices play from now on."""
        self._taken.setdefault(self.values(choices), self.row(choices))
        return super().played(choices, seed)


def _scaled(parameter: Parameter, values: Sequence[Any]) -> Matrix:
    """Return values as numbers whose differences are distances up to 1; NaN for None."""
    low, high = parameter.low, parameter.high
    if low is None or high is None:
        places = {value: float(place) for place, value in enumerate(parameter.values)}
        return np.array([np.nan if value is None else places.get(value, -1.0) for value in values])
    numbers = np.array([np.nan if value is None else float(value) for value in values])
    if parameter.log:  # zero is as far as can be from all numbers
        numbers, low, high = np.log(np.maximum(numbers, low * low / high)), math.log(low), math.log(high)
    return (numbers - low) / (high - low)


def _sampled(space: Space, choices: Mapping[str, Any]) -> dict[str, Any]:
    """Return the choices of the space that have a meaning, as a search proposes them."""
    return {one.name: choices[one.name] for one in space if one.name in choices and holds(one.when, choices)}
