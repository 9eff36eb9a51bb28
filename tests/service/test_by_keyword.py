"""That the functions work is seen where their examples are run (`tests/docs/test_pages.py`)."""

import inspect

import pytest

import paretocaps
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
