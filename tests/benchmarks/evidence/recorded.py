"""Recorded trainings of capsule networks, as `paretocaps.replay` ships them, of whole designs.

Versions of this package without such tables read them from a file that the present one writes (`export`).
"""

import json
import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from evidence.table import Matrix, Played, Table

from paretocaps.domain.space import Parameter, Space
from paretocaps.training.spec import CAPSNET

_HOOKS = ("forecast", "course")
_KEPT = 65_536


def export(name: str, path: Path) -> bool:
    """Write the table called `name` to a file; return whether there is one."""
    try:
        from paretocaps.replay.spec import REPLAY
        from paretocaps.replay.table import cards, read
    except ImportError:
        return False
    if name not in {card.name for card in cards()}:
        return False
    table = read(name)
    designs = {}
    for row in table.rows:
        designs.setdefault(row.design, {})[row.seed] = _curve(row.measurement)
    whole = {design: seeds for design, seeds in designs.items() if all(seeds.values())}
    rows = [
        [table.designs[design], [seeds[seed] for seed in sorted(seeds)]] for design, seeds in whole.items()
    ]
    named = {}
    for design, choices in REPLAY.designs.items():
        canonical = REPLAY.canonical({**table.card.fix, **choices})
        if any(canonical == row[0] for row in rows):
            named[design] = {one.name: canonical[one.name] for one in REPLAY.space if one.name in canonical}
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
    return True


def _curve(measurement: Mapping[str, Any] | None) -> dict[str, list[Any]] | None:
    if measurement is None:
        return None
    defaults = {"network": 0}
    names = ("acc", "seconds", "params", "network")
    return {name: [epoch.get(name, defaults.get(name)) for epoch in measurement["epochs"]] for name in names}


class RecordedTable(Table):
    """Recorded designs of a larger space; other choices train the nearest of them.

    Args:
        name: its name in the protocol.
        path: the file that `export` wrote.
    """

    def __init__(self, name: str, path: Path) -> None:
        kept = json.loads(path.read_text())
        space = Space.parse(kept["space"])
        hooks = {hook: getattr(CAPSNET, hook, "") for hook in _HOOKS}
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
        self._known = {parameter.name: parameter for parameter in space}
        self._nearest = lru_cache(maxsize=_KEPT)(self._found)

    @property
    def choices(self) -> Mapping[str, Any]:
        """The choices of all designs; those that the space does not have are the first design's."""
        return {name: value for choices in reversed(self.points) for name, value in choices.items()}

    def canonical(self, choices: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the choices of the nearest design."""
        return self.points[self.row(choices)]

    def row(self, choices: Mapping[str, Any]) -> int:
        """Return the row of the nearest design, by the choices of the space."""
        return self._nearest(tuple(choices.get(name) for name in self._known))

    def _found(self, values: tuple[Any, ...]) -> int:
        given = dict(zip(self._known, values, strict=True))
        return min(range(len(self.points)), key=lambda row: self._distance(given, self.points[row]))

    def _distance(self, first: Mapping[str, Any], second: Mapping[str, Any]) -> float:
        pairs = [(one, first.get(name), second.get(name)) for name, one in self._known.items()]
        meant = [_apart(*pair) for pair in pairs if pair[1:] != (None, None)]
        return math.fsum(meant) / len(meant)

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


def _apart(parameter: Parameter, first: Any, second: Any) -> float:
    """Return the distance in one choice: 1 where listed values differ or one has none, else a share."""
    if first == second:
        return 0.0
    low, high = parameter.low, parameter.high
    if first is None or second is None or low is None or high is None:
        return 1.0
    if parameter.log:
        return (
            min(abs(math.log(first / second)) / math.log(high / low), 1.0) if min(first, second) > 0 else 1.0
        )
    return min(abs(first - second) / (high - low), 1.0)
