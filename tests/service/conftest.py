"""A study of the quick trainer, stored."""

from pathlib import Path

import pytest

from paretocaps import service
from paretocaps.domain.trainer import TRAINERS
from paretocaps.testing.probe import PROBE


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
