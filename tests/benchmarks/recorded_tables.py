"""Reads recorded tables of trainings of capsule networks: this file and Python 3.11 are enough.

    table = Table("tables", "digits")
    design = table.nearest({"family": "capsnet", "lr_policy": "one_cycle", "lr_max": 0.002})
    table.result(design, seed=0)          # {"acc": ..., "time": ..., "cpu_time": ..., "params": ..., ...}
    table.result(design, seed=0, epochs=2)  # had the training been ended after two epochs
    table.curve(design, seed=0)           # the validation accuracy after every epoch

Nothing is interpolated: every number is one that was measured. A search over a table proposes one of
`table.designs`, or takes the nearest one to what it proposes in `table.space`.
"""

import json
import lzma
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Choices = Mapping[str, Any]
"""Values by the names of choices."""


def tables(folder: str | Path) -> list[str]:
    """Return the names of the tables in a folder."""
    names = [path.name for path in Path(folder).iterdir()]
    return sorted(name.removesuffix(".jsonl.xz") for name in names if name.endswith(".jsonl.xz"))


class Table:
    """A recorded table: designs, each trained with some seeds, and measured after every epoch.

    Args:
        folder: where the table's files are.
        name: its name.

    Attributes:
        card: what the table is of.
        space: the choices that the designs were drawn from: a list of values, or `values` or `low`, `high`
            and `log`, and `when`, the values of other choices for which a choice is there.
        designs: all choices of each design, by its name.
        trainings: the rows of the table, by design and seed; a row has `measurement`, or the `reason` why its
            training failed.
    """

    def __init__(self, folder: str | Path, name: str) -> None:
        files = Path(folder)
        self.card: dict[str, Any] = json.loads((files / f"{name}.json").read_text(encoding="utf-8"))
        self.space: dict[str, Any] = json.loads((files / "space.json").read_text(encoding="utf-8"))
        written = (files / f"{name}.designs.json").read_text(encoding="utf-8")
        self.designs: dict[str, dict[str, Any]] = json.loads(written)
        lines = lzma.decompress((files / f"{name}.jsonl.xz").read_bytes()).decode().splitlines()
        rows = map(json.loads, lines)
        self.trainings: dict[tuple[str, int], dict[str, Any]] = {
            (row["design"], row["seed"]): row for row in rows
        }

    def seeds(self, design: str) -> list[int]:
        """Return the seeds that a design was trained with."""
        return sorted(seed for trained, seed in self.trainings if trained == design)

    def epochs(self, design: str, seed: int) -> list[dict[str, Any]]:
        """Return what was measured after each epoch.

        Raises:
            KeyError: there is no such training.
            ValueError: it failed; the message says why.
        """
        row = self.trainings[design, seed]
        if "measurement" not in row:
            raise ValueError(f"the training of {design} with seed {seed} failed: {row.get('reason')}")
        found: list[dict[str, Any]] = row["measurement"]["epochs"]
        return found

    def curve(self, design: str, seed: int, what: str = "acc") -> list[float]:
        """Return a quantity after each epoch: acc, val_loss, test_acc, time, cpu_seconds, params or macs."""
        return [epoch[what] for epoch in self.epochs(design, seed)]

    def result(self, design: str, seed: int, epochs: int | None = None) -> dict[str, float]:
        """Return what a training came to, as a whole or after so many epochs.

        That is what its best epoch had: the first of the highest validation accuracy since the network last
        changed its size. `time` and `cpu_time` are the seconds until then.

        Raises:
            KeyError: there is no such training.
            ValueError: it failed, or `epochs` is below 1.
        """
        if epochs is not None and epochs < 1:
            raise ValueError(f"epochs={epochs}: give at least 1")
        done = self.epochs(design, seed)[:epochs]
        same = [epoch for epoch in done if epoch.get("network", 0) == done[-1].get("network", 0)]
        best = max(same, key=lambda epoch: (epoch["acc"], -epoch["epoch"]))
        found = {name: best[name] for name in ("epoch", "acc", "test_acc", "time", "params", "macs")}
        return found | {"cpu_time": sum(epoch["cpu_seconds"] for epoch in done[: best["epoch"]])}

    def nearest(self, choices: Choices) -> str:
        """Return the name of the first of the designs that are nearest to `choices` (Gower 1971)."""
        return min(self.designs, key=lambda name: self.distance(self.designs[name], choices))

    def distance(self, first: Choices, second: Choices) -> float:
        """Return the mean over all choices of how far they are apart, 0 to 1.

        It is 1 where values differ or only one has the choice, and the share of the range that lies between
        two numbers, on a logarithmic scale where they are sampled on one.
        """
        names = first.keys() | second.keys()
        return math.fsum(self._apart(name, first.get(name), second.get(name)) for name in names) / len(names)

    def _apart(self, name: str, first: Any, second: Any) -> float:
        one = self.space.get(name)
        if first == second:
            return 0.0
        if first is None or second is None or not isinstance(one, dict) or "low" not in one:
            return 1.0
        low, high = float(one["low"]), float(one["high"])
        if not one.get("log"):
            return min(abs(float(first) - float(second)) / (high - low), 1.0)
        if min(first, second) <= 0:
            return 1.0
        return min(abs(math.log(first) - math.log(second)) / math.log(high / low), 1.0)
