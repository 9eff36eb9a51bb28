import re
import shutil
from types import SimpleNamespace

import pytest

from paretocaps import service
from paretocaps.domain.choices import Choices
from paretocaps.domain.job import TrainingJob
from paretocaps.errors import DataError, UsageError
from paretocaps.models.architecture import architecture
from paretocaps.run_folder import RunFolder
from paretocaps.service import EvaluateOptions, evaluate, pick_trial
from paretocaps.service.subjects import check_fits

DIGITS = EvaluateOptions(dataset="digits", robust=False, pictures=False, device="cpu")


def test_classes_of_other_names_are_said_and_of_another_order_refused(trained, tmp_path):
    told, picked, digits = [], pick_trial(trained, trial=0), [str(number) for number in range(10)]
    for place, names in (("other", [*"abcdefghij"]), ("turned", digits[::-1])):
        service.export_trial(picked, service.ExportOptions(str(tmp_path / place), names, onnx=False))
    found = evaluate([str(tmp_path / "other")], options=DIGITS, progress=told.append)
    line = "the classes 0, 1, 2, 3, 4, ..., but .*other has a, b, c, d, e, ...: classes are matched by"
    assert told[0].endswith("; 1,294 training, 144 validation, 359 test images (held out)")
    assert re.search(line, told[1])
    assert told[1] in found.facts["remarks"]
    with pytest.raises(UsageError, match="has the classes 0, 1, .* in another order than .*turned"):
        evaluate([str(tmp_path / "turned")], options=DIGITS)


def test_names_in_two_unicode_forms_are_the_same(trained, tmp_path):
    places = [str(tmp_path / place) for place in ("composed", "separate")]
    for place, letter in zip(places, ("\u00e9", "e\u0301"), strict=True):
        names = [f"{letter}{number}" for number in range(10)]
        service.export_trial(pick_trial(trained, trial=0), service.ExportOptions(place, names, onnx=False))
    remarks = evaluate(places, options=DIGITS).facts["remarks"]
    assert remarks.startswith("digits has the classes 0, 1, ")


def test_images_of_another_shape_are_refused(weights):
    with pytest.raises(
        UsageError, match="takes images of 12x12x1 in 10 classes, but those of digits are of 8x8x1"
    ):
        evaluate([weights(0, side=12)], options=DIGITS)


def test_networks_must_be_named_once_and_be_there(weights, trained):
    with pytest.raises(UsageError, match="no network named"):
        evaluate([], options=DIGITS)
    with pytest.raises(UsageError, match="one or the other"):
        evaluate([weights(0)], pick_trial(trained, trial=0), DIGITS)
    with pytest.raises(DataError, match="no such network: 'nowhere'"):
        evaluate(["nowhere"], options=DIGITS)


def test_a_trainings_folder_says_what_it_was_trained_on(trained, tmp_path):
    picked, run = pick_trial(trained, trial=0), tmp_path / "run"
    job = {"study": "s", "trial": 0, "trainer": "capsnet", "choices": picked.choices, "seed": 0}
    RunFolder(run).write_job(
        TrainingJob.model_validate({**job, "data": picked.data, "epochs": 2, "folder": run})
    )
    shutil.copy(picked.weights, run)
    for path in (run, run / "weights.pt"):
        found = evaluate([str(path)], options=EvaluateOptions(robust=False, pictures=False, device="cpu"))
        assert found.data == "digits"
        assert found.as_dict()["acc"] == picked.test_acc


def test_networks_of_pairs_and_of_single_classes_have_labels_of_their_own():
    shape = architecture(Choices(primary_capsules=4), 28, 28, 1, 3, pairs=True)
    subject = SimpleNamespace(name="r", network=SimpleNamespace(architecture=shape))
    splits = SimpleNamespace(name="pets", pairs=False, classes=3, shape=(1, 28, 28), levels=None)
    with pytest.raises(UsageError, match="r tells pairs of classes, which are not the labels of pets"):
        check_fits(subject, splits)
    splits.pairs = True
    check_fits(subject, splits)
