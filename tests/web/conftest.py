"""A real study in an SQLite file, made once: ours and Optuna's tables, with a trial in every state."""

import shutil

import pytest

from paretocaps import service
from paretocaps.domain.trainer import TRAINERS
from paretocaps.testing.probe import JUDGED_PROBE
from paretocaps.web.current_views import CurrentViews
from paretocaps.web.optuna_side import open_studies


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """Make the database once; each test gets a copy."""
    if "judged_probe" not in TRAINERS:
        TRAINERS.register("judged_probe", JUDGED_PROBE)
    folder = tmp_path_factory.mktemp("template")
    spec = {"storage": str(folder / "studies.db"), "trainer": "judged_probe", "executor": "inline"}
    service.optimize({**spec, "study": "demo", "objectives": "acc,time,params", "trials": 5, "epochs": 3})
    service.optimize({**spec, "study": "other", "objectives": "acc,time", "trials": 1, "epochs": 1})
    return folder


@pytest.fixture
def url(template, tmp_path):
    shutil.copytree(template, tmp_path / "own")
    return f"sqlite:///{tmp_path / 'own' / 'studies.db'}"


@pytest.fixture
def optuna_side(url):
    storage = open_studies(url)
    yield storage
    storage.remove_session()
    storage.engine.dispose()


@pytest.fixture
def views(url, optuna_side):
    return CurrentViews(url, optuna_side)
