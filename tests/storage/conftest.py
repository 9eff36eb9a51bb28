"""A database with one empty study for each test, copied from one that was migrated once."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.run_folder import RunFolder
from paretocaps.storage.store import Store

SPEC = {"study": "s", "objectives": ["acc", "time", "params"], "trials": 3}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "paretocaps.db"
    with Store.open(f"sqlite:///{path}", create=True) as store:
        store.create_study("s", SPEC)
    return path


@pytest.fixture
def url(template: Path, tmp_path: Path) -> str:
    path = tmp_path / "studies" / "paretocaps.db"
    path.parent.mkdir()
    shutil.copy(template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url, create=False) as opened:
        yield opened


@pytest.fixture
def measure() -> Callable[..., Measurement]:
    """Make a measurement; `epochs` is how many, anything else a field of it or of its device."""

    def make(*, epochs: int = 2, device: str = "cpu", **values: Any) -> Measurement:
        records = tuple(
            EpochRecord(
                epoch=number,
                steps=10,
                batch_size=16,
                learning_rate=1e-3,
                train_loss=1.0 / number,
                val_loss=2.0 / number,
                acc=number / 100,
                seconds=1.0,
                time=float(number),
                wall=2.0 * number,
                params=1000,
                macs=500,
            )
            for number in range(1, epochs + 1)
        )
        own = {"torch": "2.13"}
        own |= {name: values.pop(name) for name in Device.model_fields if name in values}
        defaults = {"acc": 0.9, "best_epoch": 1, "time": 5.0, "wall": 9.0, "params": 1000}
        where = Device(name=device, kind="cpu", **own)
        return Measurement(**(defaults | values), device=where, epochs=records)

    return make


@pytest.fixture
def finish(store: Store, measure: Callable[..., Measurement]) -> Callable[..., AttemptKey]:
    """Train a trial in one go: `finish(number, seed=0, acc=0.9, ...)`; returns the key of the attempt."""

    def run(
        number: int, *, seed: int = 0, choices: dict[str, Any] | None = None, **values: Any
    ) -> AttemptKey:
        if number not in {trial.number for trial in store.trials("s")}:
            store.start_trial("s", number, choices or {"batch_size": number + 1})
        attempt = store.start_attempt("s", number, seed)
        store.finish_attempt(attempt, measure(**values))
        store.finish_trial("s", number)
        return attempt

    return run


@pytest.fixture
def write_job() -> Callable[..., None]:
    """Write the job of a training to a folder; further arguments are fields of the job."""

    def write(folder: Path, **changes: Any) -> None:
        values: dict[str, Any] = {
            "study": "s",
            "trial": 0,
            "trainer": "t",
            "choices": {},
            "seed": 0,
            "epochs": 1,
        }
        job = TrainingJob(data=DataSpec(), folder=folder, **{**values, **changes})
        RunFolder(folder).write_job(job)

    return write
