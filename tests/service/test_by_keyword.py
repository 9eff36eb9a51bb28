"""That the functions work is seen where their examples are run (`tests/docs/test_pages.py`)."""

import inspect

import numpy as np
import pytest
from torch import nn

import paretocaps
from paretocaps import service
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import StorageError, UsageError
from paretocaps.exporting.predict import PredictOptions
from paretocaps.service.evaluated_images import EvaluateOptions
from paretocaps.service.train_options import TrainOptions


def test_a_description_takes_choices_as_they_are():
    small, large = (paretocaps.describe({"blocks": blocks}) for blocks in (0, 1))
    assert small.params < large.params
    with pytest.raises(UsageError, match="unknown choice 'block'"):
        paretocaps.describe({"block": 0})


def test_what_names_no_network_is_refused_with_the_remedy(folder):
    with pytest.raises(
        UsageError, match="no network named: give a study and a way to pick its trial, or run=FOLDER"
    ):
        paretocaps.export()
    with pytest.raises(UsageError, match=r"run='runs/x' and a trial of a study are named: give one of them"):
        paretocaps.export("demo", run="runs/x", knee=True)
    with pytest.raises(UsageError, match="no network named"):
        paretocaps.evaluate()
    with pytest.raises(UsageError, match="which trial of study 'demo'. give trial=3, knee=True"):
        paretocaps.evaluate("demo")
    with pytest.raises(StorageError):
        paretocaps.train("demo", knee=True, storage=folder / "none.db")
    with pytest.raises(StorageError):
        paretocaps.train("demo", trial=0, storage=folder / "none.db")
    with pytest.raises(UsageError, match="no images named"):
        paretocaps.predict("exports/x", [])


@pytest.mark.parametrize(
    ("function", "options", "renamed"),
    [
        (paretocaps.train, TrainOptions, {"settings": "choices"}),
        (paretocaps.evaluate, EvaluateOptions, {}),
        (paretocaps.predict, PredictOptions, {}),
    ],
)
def test_editors_complete_every_option(function, options, renamed):
    own = {renamed.get(name, name) for name in inspect.signature(options).parameters}
    rare = {"grids", "parts", "classes_are_folders", "transpose"}  # of an evaluation
    assert own - rare <= set(inspect.signature(function).parameters)


def hidden(width=8, shape=(1, 8, 8), classes=10, activation=nn.ReLU, sizes=(4, 4)):
    assert sizes == [4, 4]  # as it comes back from a database
    return nn.Sequential(nn.Flatten(), nn.Linear(64, width), activation(), nn.Linear(width, classes))


def test_a_network_is_trained_without_a_study_and_without_being_registered(folder, monkeypatch):
    monkeypatch.setattr(TRAINERS, "_entries", dict(TRAINERS._entries))
    given = {"trainer": hidden, "dataset": "digits", "epochs": 1, "limit_train": 100}
    run = paretocaps.train(**given, choices={"width": 6}, output=folder / "run")
    assert run.measurement.params == 64 * 6 + 6 + 6 * 10 + 10
    for wrong in ({"epochs": 1.5}, {"seed": "1"}):
        name, value = next(iter(wrong.items()))
        with pytest.raises(UsageError, match=f"{name}={value!r} is not allowed: give a whole number"):
            paretocaps.train(**{**given, **wrong}, output=folder / "other")


def test_numbers_of_numpy_are_numbers_and_a_name_is_no_dictionary(storage):
    frame = paretocaps.load_trials("s", storage)
    trial = frame.loc[frame["acc"].idxmax(), "trial"]
    assert type(trial) is not int
    assert service.pick_trial(storage, "s", trial=trial).trial == int(trial)
    with pytest.raises(UsageError, match="trial='3' is not allowed: give a whole number"):
        service.pick_trial(storage, "s", trial="3")
    with pytest.raises(UsageError, match="'demo' is no dictionary of options: write study='demo'"):
        paretocaps.optimize("demo", trials=24)
    for image in ((28, 28, 1), "28x28"):
        assert paretocaps.describe({"blocks": 0}, image=image).params > 0
    fixed = {"batch_schedule": "constant", "batch_size": np.int64(64), "lr_max": np.float32(0.5)}
    assert StudySpec(fix=fixed).fix == {"batch_schedule": "constant", "batch_size": 64, "lr_max": 0.5}
    with pytest.raises(ValueError, match="cannot be stored: give texts, numbers, or lists of them"):
        StudySpec(fix={"activation": nn.ReLU})
