"""Real domain values for the views: a study, its jobs, epochs and fronts; and what a command imports."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paretocaps.cli import activity
from paretocaps.domain.choices import Choices
from paretocaps.domain.choices_model import canonical_choices
from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.domain.measurement import EpochRecord
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.study_spec import StudySpec

OBJECTIVES = parse_objectives("acc,time,params")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No command says what it waits for: how long anything takes here decides no text."""
    monkeypatch.setattr(activity, "LINE_SECONDS", 3600.0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def spec() -> StudySpec:
    return StudySpec(study="demo", trials=10, epochs=4, require=("acc>=0.9",))


@pytest.fixture
def job(tmp_path: Path) -> Callable[..., TrainingJob]:
    """Make the job of a trial."""

    def make(trial: int, seed: int = 0, attempt: int = 1, epochs: int = 4, **choices: Any) -> TrainingJob:
        return TrainingJob(
            study="demo",
            trial=trial,
            attempt=attempt,
            trainer="capsnet",
            choices=canonical_choices(Choices, choices),
            seed=seed,
            data=DataSpec(),
            epochs=epochs,
            folder=tmp_path,
        )

    return make


@pytest.fixture
def record() -> Callable[..., EpochRecord]:
    """Make the record of an epoch."""

    def make(epoch: int, acc: float = 0.9, **values: Any) -> EpochRecord:
        given = {"learning_rate": 0.00087, "batch_size": 16, "seconds": 1.0, "time": epoch, "wall": epoch}
        return EpochRecord(epoch=epoch, acc=acc, **{**given, **values})

    return make


@pytest.fixture
def member() -> Callable[..., FrontMember]:
    """Make a member of a front."""

    def make(
        trial: int, acc: float, time: float, params: float, design: str | None = None, **choices: Any
    ) -> FrontMember:
        values = {"acc": acc, "time": time, "params": params, "wall": time + 1}
        return FrontMember(trial, canonical_choices(Choices, choices), values, design)

    return make


@pytest.fixture
def front(member: Callable[..., FrontMember]) -> FrontRecord:
    """Return a front of four, of which three have an accuracy of 0.9 or more."""
    members = (
        member(3, 0.98765432101234567, 12.34, 8_215_728, "baseline"),
        member(7, 0.97, 4.5, 6_708_400, "wab_ws", lr_policy="warm_restarts", decoder="reduced"),
        member(9, 0.95, 2.25, 6_782_128, lr_policy="one_cycle", batch_size=64, weight_sharing=True),
        member(5, 0.11, 0.5, 1_000_000, batch_size=256, decoder="none"),
    )
    return FrontRecord("demo", OBJECTIVES, (0.1, 20.0, 9e6), 1.25e8, members)


@pytest.fixture
def loaded_by() -> Callable[..., set[str]]:
    """Run a command line and return the top-level modules it has imported at its end."""

    def load(*arguments: str) -> set[str]:
        program = (
            "import sys, paretocaps.__main__ as entry\n"
            f"sys.argv = ['paretocaps', *{list(arguments)!r}]\n"
            "try:\n    entry.main()\n"
            "finally:\n    print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)\n"
        )
        run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        return set(run.stderr.split())

    return load
