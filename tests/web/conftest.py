"""A real Optuna study in an SQLite file beside our tables, with the objectives' names set."""

import shutil
import warnings

import optuna
import pytest

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import parse_objectives
from paretocaps.storage.store import Store

VALUES = [(0.98, 10.0), (0.99, 120.0), (0.10, 15.0)]


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """Make the database once; each test gets a copy."""
    folder = tmp_path_factory.mktemp("template")
    address = f"sqlite:///{folder / 'studies.db'}"
    Store.open(address, create=True).close()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = optuna.storages.RDBStorage(address)
    study = optuna.create_study(study_name="demo", storage=storage, directions=["maximize", "minimize"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.set_metric_names(["acc", "time"])
    for values in VALUES:
        study.add_trial(optuna.trial.create_trial(values=values))
    storage.remove_session()
    storage.engine.dispose()
    return folder


@pytest.fixture
def url(template, tmp_path):
    for file in template.iterdir():
        if file.is_file():
            shutil.copy(file, tmp_path)
    return f"sqlite:///{tmp_path / 'studies.db'}"


@pytest.fixture
def front():
    members = tuple(
        FrontMember(number, {"batch_size": size}, {"acc": VALUES[number][0], "time": VALUES[number][1]})
        for number, size in ((1, 1), (0, 128))
    )
    return FrontRecord("demo", parse_objectives("acc,time"), (0.09, 132.0), 100.0, members)
