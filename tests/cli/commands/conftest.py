"""A trainer that computes what it measures, and a study made with it through the command line."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from paretocaps.cli.app import app
from paretocaps.domain.choices_model import ChoicesModel
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.domain.space import Space
from paretocaps.domain.trainer import TRAINERS, OnEpoch, TrainerSpec
from paretocaps.errors import DivergedError
from paretocaps.search.interrupts import Interrupts


class Towers(ChoicesModel):
    """How high a tower is, and whether it is painted."""

    floors: int = 1
    painted: bool = False


def build(job: TrainingJob, on_epoch: OnEpoch) -> Measurement:
    """Measure a tower: higher is more accurate and takes longer; six floors fall over."""
    floors, painted = job.choices["floors"], job.choices.get("painted", False)
    if floors == 6:
        raise DivergedError("the tower fell over")
    acc, time = 0.7 + 0.05 * floors + 0.01 * painted, floors * (1.5 if painted else 1.0)
    epochs = tuple(
        EpochRecord(epoch=e, acc=acc, seconds=time, time=time * e, wall=time * e, learning_rate=0.001)
        for e in range(1, job.epochs + 1)
    )
    for epoch in epochs:
        on_epoch(epoch)
    device = Device(name="paper", kind="cpu")
    return Measurement(
        acc=acc,
        best_epoch=1,
        time=time,
        wall=time * job.epochs,
        params=1000 * floors,
        validation_images=100,
        device=device,
        epochs=epochs,
    )


TOWERS = TrainerSpec(
    name="towers",
    choices=Towers,
    space=Space.parse({"floors": [1, 2, 3, 4, 5, 6], "painted": [False, True]}),
    train=f"{__name__}:build",
    designs={"hut": {}, "spire": {"floors": 5}},
    description="towers of one to six floors",
)

TOWERS_STUDY = (
    *("optimize", "--trainer", "towers", "--executor", "inline"),
    *("--sampler", "grid", "--epochs", 2),
)
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line in an empty folder, where the trainer `towers` is known."""
    monkeypatch.setitem(TRAINERS._entries, "towers", TOWERS)
    monkeypatch.chdir(tmp_path)
    return invoke


@pytest.fixture
def optimize(run: Run) -> Run:
    """Run `optimize` with the trainer `towers` in this process."""
    return lambda *arguments: run(*TOWERS_STUDY, *arguments)


@pytest.fixture(scope="session")
def towers(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the storage of one study `t`, of all towers of at most five floors; tests only read it."""
    storage = f"sqlite:///{tmp_path_factory.mktemp('towers')}/towers.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TRAINERS._entries, "towers", TOWERS)
        result = invoke(
            *(*TOWERS_STUDY, "--study", "t", "--trials", 10, "--storage", storage, "--require", "acc>=0.9")
        )
    assert result.exit_code == 0, result.stderr
    return storage


@pytest.fixture
def own(run: Run, towers: str, tmp_path: Path) -> str:
    """Return the storage of a copy of that study, which a test may change."""
    shutil.copy(towers.removeprefix("sqlite:///"), tmp_path / "own.db")
    return f"sqlite:///{tmp_path}/own.db"


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No command that ran in this process has a second signal end it."""
    monkeypatch.setattr(Interrupts, "hurry", staticmethod(Interrupts.hurry))


def invoke(*arguments: object) -> Result:
    """Run a command line in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])
