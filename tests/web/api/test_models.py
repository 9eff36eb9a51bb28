"""What the API answers fits what the use cases return, and tells no more of it."""

from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from paretocaps import service
from paretocaps.domain.objective import Direction
from paretocaps.exporting.predict import Prediction
from paretocaps.service import queueing
from paretocaps.service.study_files import StudyFile
from paretocaps.service.submitted import check_submitted
from paretocaps.service.uploading import NamedSet
from paretocaps.storage.store import Store
from paretocaps.storage.submissions import Submission
from paretocaps.web.api import models
from paretocaps.web.guard.principal import ROLES


@pytest.fixture
def store(tmp_path):
    with Store.open(f"sqlite:///{tmp_path}/new.db", create=True) as opened:
        yield opened


def test_a_submission_is_told_without_the_process_that_runs_it(store):
    stored = queueing.submit("study", "s", {"trials": 3}, store, owner="ann", priority=2)
    found = models.Submission.of(stored).model_dump()
    assert found == {name: getattr(stored, name) for name in found}
    untold = {one.name for one in fields(Submission)} - set(found)
    assert untold == {"max_hours", "served", "turn", "driver", "host", "pid", "beat", "lost"}


def test_a_file_is_told_without_its_place():
    found = models.StudyFile.of(StudyFile("a.zip", "export", 2, 7, 99, Path("/srv/exports/7/a.zip")))
    assert found.model_dump() == {"name": "a.zip", "kind": "export", "trial": 2, "submission": 7, "bytes": 99}


def test_a_set_of_images_is_told_whole():
    assert set(models.DataSet.model_fields) == {one.name for one in fields(NamedSet)}


def test_words_are_those_of_the_modules_that_own_them():
    assert get_args(models.Audited.model_fields["role"].annotation) == ROLES
    for model in (models.ObjectiveOfFront, models.ObjectiveRow):
        known = get_args(model.model_fields["direction"].annotation)
        assert set(known) - {""} == set(get_args(Direction))


@pytest.mark.parametrize(
    ("of", "model"),
    [
        (service.datasets, models.DatasetRow),
        (service.trainers, models.TrainerRow),
        (service.objectives, models.ObjectiveRow),
        (service.samplers, models.SamplerRow),
    ],
)
def test_the_rows_of_parts_fit(of, model):
    assert [model.model_validate(row).model_dump() for row in of()] == of()


def test_choices_and_spaces_fit():
    for choice in service.choices():
        models.Choice.model_validate(choice.as_dict())
    models.Space.model_validate(service.space().as_dict())


def test_a_prediction_is_read_as_it_is_told():
    told = Prediction(Path("a.png"), "ant", 0.5, {"ant": 0.5, "bee": 0.25}).as_dict()
    assert models.Prediction.model_validate(told).model_dump(by_alias=True) == told


@pytest.mark.parametrize("model", [models.Health, models.Change, models.TrainingOptions])
def test_an_answer_has_no_further_keys(model):
    with pytest.raises(ValidationError, match="extra_forbidden"):
        model.model_validate({"status": "ok", "more": 1})


def test_a_trial_has_what_was_measured_as_further_keys():
    known = {"trial": 0, "design": None, "seeds": 1, "flags": [], "n": 1, "level": {}, "choices": {}}
    assert models.Trial.model_validate({**known, "acc": 0.9}).model_dump() == {**known, "acc": 0.9}


OPTIONS = {
    "training": models.TrainingOptions(epochs=3, seed=1, settings=["lr_max=0.1"], device="cpu"),
    "export": models.ExportOptions(seed=1, training=7, class_names=["ant", "bee"], onnx=False),
}


@pytest.mark.parametrize("kind", OPTIONS)
def test_each_option_that_is_described_may_be_submitted(store, tmp_path, kind):
    given = OPTIONS[kind].model_dump(exclude_none=True)
    assert set(given) == set(type(OPTIONS[kind]).model_fields), "each has a value here"
    check_submitted(kind, "s", {"trial": 0, **given}, None, tmp_path, store)


@pytest.mark.parametrize(
    ("model", "name", "lowest", "highest"),
    [
        (models.Change, "trials", 1, 1_000_000),
        (models.Change, "priority", -100, 100),
        (models.TrainingOptions, "epochs", 1, 100_000),
        (models.TrainingOptions, "seed", 0, 2**31 - 1),
        (models.ExportOptions, "seed", 0, 2**31 - 1),
        (models.ExportOptions, "training", 1, 2**31 - 1),
    ],
)
def test_numbers_have_bounds(model, name, lowest, highest):
    for value in (lowest, highest, None):
        assert getattr(model.model_validate({name: value}), name) == value
    for value in (lowest - 1, highest + 1, "many"):
        with pytest.raises(ValidationError):
            model.model_validate({name: value})
