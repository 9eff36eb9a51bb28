"""What the group `scale` measures in processes of their own: drivers of studies whose trainer takes no time.

A study of 10,000 trials is made of one with a few: further rows are made up in all tables, ours and Optuna's,
as a driver stores them.
"""

import json
import os
import sys
import time
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from figures import peak_memory

STUDY = "instant"


def plug_in(folder: Path) -> None:
    """Make the instant trainer known to this process and to its workers."""
    from paretocaps.testing.plugin import write_plugin

    plugin = folder / "plugin"
    if not plugin.exists():
        entries = {"paretocaps.trainers": {"instant": "instant_trainer:INSTANT"}}
        write_plugin(plugin, "instant-trainer", entries)
    sys.path[:0] = [str(plugin)]
    os.environ["PYTHONPATH"] = os.pathsep.join([str(plugin), os.environ["PYTHONPATH"]])


def drive(folder: str, url: str, *, sampler: str = "random", **number: int) -> dict[str, Any]:
    """Run a driver; `number` is `trials` or `more`.

    Returns:
        wall seconds until the first job, CPU seconds per later trial, peak memory in bytes, and the times
        (since the epoch) at which trials finished.
    """
    plug_in(Path(folder))
    from paretocaps import service
    from paretocaps.search.observer import Observer

    started, processor, finished = [], [], []

    class Watch(Observer):
        def trial_started(self, job: object, design: object) -> None:
            started.append(time.perf_counter())

        def trial_finished(self, trial: int, values: object) -> None:
            processor.append(time.process_time())
            finished.append(time.time())

    began, more = time.perf_counter(), number.get("more")
    spec: dict[str, Any] = {"study": STUDY, "trainer": "instant", "sampler": sampler, "epochs": 1}
    spec |= {"storage": url, "device": "cpu", "objectives": ("acc", "time", "params"), "require": ()}
    if more is None:
        spec["trials"] = number["trials"]
    service.optimize(spec, more=more, observer=Watch())
    each = (processor[-1] - processor[0]) / (len(processor) - 1) if len(processor) > 1 else None
    return {"start": started[0] - began, "processor": each, "peak": peak_memory(), "finished": finished}


def grow(folder: str, url: str, total: int) -> None:
    """Append finished trials to the study until it has `total`."""
    plug_in(Path(folder))
    import instant_trainer
    import sqlalchemy as sa
    from optuna.distributions import json_to_distribution

    from paretocaps.domain.trainer import TRAINERS
    from paretocaps.search.same_training import SameTraining
    from paretocaps.search.sequences import sobol
    from paretocaps.storage.records import canonical_json

    engine, meta, trainer = sa.create_engine(url), sa.MetaData(), TRAINERS.get("instant")
    meta.reflect(engine)
    same = SameTraining(trainer, 1, {"ranks": 1})
    names = (
        "paretocaps_trials",
        "paretocaps_attempts",
        "paretocaps_epochs",
        "trials",
        "trial_params",
        "trial_values",
    )
    tables = [meta.tables[name] for name in names]
    ours, attempts, _, theirs, params, _ = tables
    with engine.begin() as connection:
        models = [dict(connection.execute(sa.select(table)).mappings().first()) for table in tables]
        keys = [
            connection.scalar(sa.select(sa.func.max(t.c[k]))) for t, k in ((ours, "id"), (attempts, "id"))
        ]
        key, number = connection.execute(
            sa.select(sa.func.max(theirs.c.trial_id), sa.func.max(theirs.c.number))
        ).one()
        have = connection.scalar(sa.select(sa.func.count()).select_from(ours))
        texts = dict(connection.execute(sa.select(params.c.param_name, params.c.distribution_json)).all())
        distributions = {name: json_to_distribution(text) for name, text in texts.items()}
        rows: list[list[dict[str, Any]]] = [[] for _ in tables]
        for k, sampled in enumerate(islice(sobol(trainer.space, {}, total), total - have), start=1):
            choices = trainer.complete(sampled, {})
            made = instant_trainer.train(SimpleNamespace(choices=choices), lambda record: True)
            measured = {"acc": made.acc, "time": made.time, "params": made.params}
            of = {"id": keys[0] + k, "choices": canonical_json(choices), "training": same.digest(choices)}
            rows[0].append(models[0] | of | {"number": number + k, "driver": None})
            rows[1].append(models[1] | measured | {"id": keys[1] + k, "trial_id": keys[0] + k})
            rows[2].append(models[2] | {"attempt_id": keys[1] + k, "acc": made.acc})
            rows[3].append(models[3] | {"trial_id": key + k, "number": number + k})
            for name, value in sampled.items():
                own = {"param_name": name, "distribution_json": texts[name], "trial_id": key + k}
                rows[4].append(own | {"param_value": distributions[name].to_internal_repr(value)})
            for index, value in enumerate(measured.values()):
                own = {"objective": index, "value": float(value), "value_type": "FINITE"}
                rows[5].append(own | {"trial_id": key + k})
        for table, added in zip(tables, rows, strict=True):
            connection.execute(sa.insert(table), added)
        if engine.dialect.name == "postgresql":
            for table, column in ((ours, "id"), (attempts, "id"), (theirs, "trial_id")):
                sequence = f"pg_get_serial_sequence('{table.name}', '{column}')"
                connection.exec_driver_sql(
                    f"SELECT setval({sequence}, (SELECT max({column}) FROM {table.name}))"
                )
    engine.dispose()


def load(url: str) -> float:
    """Return the CPU seconds that `load_trials` takes in a new process."""
    import paretocaps

    began = time.process_time()
    paretocaps.load_trials(STUDY, url)
    return time.process_time() - began


if __name__ == "__main__":
    print(json.dumps(drive(sys.argv[1], sys.argv[2], trials=int(sys.argv[3]))))
