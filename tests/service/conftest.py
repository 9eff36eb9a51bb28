"""Stored studies, of the quick trainer and of a small network, and weights files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paretocaps import service
from paretocaps.domain.choices import Choices
from paretocaps.domain.trainer import TRAINERS
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.testing.probe import PROBE
from paretocaps.training.weights import save_weights


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database with the study `s` of six trials."""
    if "probe" not in TRAINERS:
        TRAINERS.register("probe", PROBE)
    url = f"sqlite:///{tmp_path_factory.mktemp('service')}/test.db"
    spec = {"study": "s", "storage": url, "trainer": "probe", "executor": "inline", "objectives": "acc,time"}
    service.optimize({**spec, "trials": 6, "epochs": 2, "repeats": 2})
    return url


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the storage of a study of one narrow network."""
    url = f"sqlite:///{tmp_path_factory.mktemp('trained')}/test.db"
    fix = {"primary_capsules": 4, "lr_max": 3e-3, "batch_schedule": "constant", "batch_size": 32}
    fix["precision"] = "fp32"
    service.optimize(
        {"study": "s", "storage": url, "executor": "inline", "objectives": "acc,robust", "trials": 1}
        | {"epochs": 2, "limit_train": 300, "fix": fix, "designs": [], "sampler": "random", "require": []}
    )
    return url


@pytest.fixture
def weights(tmp_path: Path) -> Callable[..., str]:
    """Make weights files of untrained networks."""

    def make(seed: int, side: int = 8, **choices: Any) -> str:
        path = tmp_path / f"{seed}" / "weights.pt"
        path.parent.mkdir()
        made = architecture(Choices(primary_capsules=4, **choices), side, side, 1, 10)
        save_weights(path, build_network(made, seed))
        return str(path)

    return make
