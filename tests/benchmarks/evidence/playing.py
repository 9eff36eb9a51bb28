"""Plays one run: a method, a table and a seed."""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import optuna
from evidence.methods import Method, make_stock
from evidence.table import Table, nondominated
from evidence.trainer import Training, plays, replays

from paretocaps.domain.study_spec import StudySpec
from paretocaps.search.samplers import SAMPLERS
from paretocaps.search.suggestions import suggest


def missing(method: Method) -> str:
    """Return what this version of the package lacks for a method, or an empty text."""
    if method.confirmed and find_spec("paretocaps.service.confirming") is None:
        return "command confirm"
    for option, value in method.options.items():
        if option not in StudySpec.model_fields and not (option == "stop_early" and value == "none"):
            return f"option {option}"
    sampler = method.options.get("sampler")
    return "" if sampler is None or sampler in SAMPLERS else f"sampler {sampler}"


def play(table: Table, method: Method, seed: int, source: Table | None = None) -> dict[str, Any]:
    """Return the run: the hypervolume and the seconds after each training, and what became of points.

    With `source`, the study starts from a study of that table.
    """
    begun = time.process_time()
    if method.confirmed:
        return confirm(table, method, seed)
    log = _stock(table, method, seed) if method.stock else _product(table, method, seed, source)
    return judged(table, log) | {"cpu": round(time.process_time() - begun, 3)}


def judged(table: Table, log: Sequence[Training]) -> dict[str, Any]:
    """Return the hypervolume of finished points after each training, and the members that stayed stopped."""
    volumes, spent, trials = [0.0], [0.0], [0]
    costs = np.empty((0, len(table.objectives)))
    left: set[str] = set()
    for training in log:
        key = table.key(training.choices)
        if training.complete:
            left.discard(key)
            cost = table.costs(np.array([table.truth(training.choices)]))
            if not (costs <= cost).all(axis=1).any():
                costs = np.concatenate([costs, cost])
        else:
            left.add(key)
        volumes.append(round(table.hypervolume(costs), 6))
        spent.append(round(spent[-1] + training.seconds, 3))
        trials.append(trials[-1] + (training.first == 1))
    members = {table.key(training.choices) for training in log} & table.front.keys()
    stopped = len(left)
    return {
        "hypervolume": volumes,
        "seconds": spent,
        "trials": trials,
        "stopped": stopped,
        "tried": sorted(members),
        "lost": sorted(members & left),
    }


def _stock(table: Table, method: Method, seed: int) -> list[Training]:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study, log = make_stock(method, seed, table.objectives), []
    for _ in range(method.trials):
        trial = study.ask()
        choices = table.canonical(suggest(trial, table.space, {}))
        found = table.played(choices, seed)
        log.append(Training(choices, seed, 1, len(found.acc), sum(found.seconds), complete=True))
        values = dict(zip(("acc", "time", "params"), found.values(), strict=True))
        study.tell(trial, [float(values[name]) for name in table.objectives])
    return log


def _product(table: Table, method: Method, seed: int, source: Table | None) -> list[Training]:
    with _study(table, method, seed, source) as (log, _):
        return log


@contextmanager
def _study(
    table: Table, method: Method, seed: int, source: Table | None = None
) -> Iterator[tuple[list[Training], dict[str, Any]]]:
    """Run a study of this package; yield its log and its spec, while its database exists."""
    import paretocaps

    name, log = plays(source or table)
    options = {name: value for name, value in method.options.items() if name in StudySpec.model_fields}
    with (
        tempfile.TemporaryDirectory(dir=_memory()) as folder,
        patch.dict(os.environ, PARETOCAPS_HOST_FOLDER=folder),  # it trains nothing: it waits for no device
    ):
        spec: dict[str, Any] = {
            "study": "evidence",
            "trainer": name,
            "objectives": table.objectives,
            "trials": method.trials,
            "epochs": table.epochs,
            "storage": f"sqlite:///{folder}/study.db",
            "device": "cpu",
            "executor": "inline",
            "require": (),
            "seed": seed,
        } | options
        if source is not None:
            paretocaps.optimize(spec | {"study": "source"})
            log = replays(name, table)
            spec["from_study"] = "source"
        paretocaps.optimize(spec)
        yield log, spec


def confirm(table: Table, method: Method, seed: int) -> dict[str, Any]:
    """Return the shares of the members of a study's front that truly are some, before and after confirming.

    A member truly is one if no other trial of the study dominates it by the true values.
    """
    import paretocaps
    from paretocaps.service.confirming import confirm as confirming

    table = table.once()
    with _study(table, method, seed) as (log, spec):
        costs = {table.key(one.choices): table.costs(np.array([table.truth(one.choices)]))[0] for one in log}
        keys, begun = list(costs), len(log)
        truly = {keys[row] for row in nondominated(np.stack([costs[key] for key in keys]))}
        budget = method.confirmed * sum(one.seconds for one in log) / len(log)
        given = {name: spec[name] for name in ("study", "storage", "device", "executor")}
        before = [
            table.key(one.choices) for one in paretocaps.load_front(spec["study"], storage=spec["storage"])
        ]
        found = confirming(given, budget=budget, seeds=table.seeds)
        after = [table.key(one.choices) for one in found.front]
        return {
            "before": sum(key in truly for key in before) / len(before),
            "after": sum(key in truly for key in after) / len(after),
            "members": [len(before), len(after), len(truly)],
            "trained": len(log) - begun,
        }


def _memory() -> Path | None:
    """Return a folder in memory, where there is one: the database is no part of what is compared."""
    shared = Path("/dev/shm")
    return shared if os.access(shared, os.W_OK) else None
