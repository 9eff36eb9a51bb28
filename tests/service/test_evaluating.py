import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn import metrics

from paretocaps import service
from paretocaps.data.tensor_splits import load
from paretocaps.domain.choices import Choices
from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.errors import DataError, UnknownNameError, UsageError
from paretocaps.evaluation.reliability import reliability
from paretocaps.evaluation.scores import Scored
from paretocaps.export.document import ExportInfo
from paretocaps.export.engines import TorchEngine
from paretocaps.export.package import write_export
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.run_folder import RunFolder
from paretocaps.service import EvaluateOptions, evaluate, pick_trial, write_evaluation
from paretocaps.training.weights import load_weights, save_weights

DIGITS = EvaluateOptions(dataset="digits", robust=False, pictures=False, device="cpu")


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
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
def weights(tmp_path):
    """Make weights files of untrained networks."""

    def make(seed, side=8, **choices):
        path = tmp_path / f"{seed}" / "weights.pt"
        path.parent.mkdir()
        made = architecture(Choices(primary_capsules=4, **choices), side, side, 1, 10)
        save_weights(path, build_network(made, seed))
        return str(path)

    return make


@pytest.mark.slow
def test_a_picked_trial_is_judged_as_its_training_measured_it(trained):
    picked = pick_trial(trained, trial=0)
    test = evaluate([], picked, EvaluateOptions(robust=False, pictures=False, device="cpu"))
    assert test.as_dict()["acc"] == picked.test_acc
    assert test.names == ("s, trial 0, seed 0",)
    found = evaluate([], picked, EvaluateOptions(part="validation", pictures=False, device="cpu"))
    assert found.as_dict()["acc"] == picked.acc
    assert found.as_dict()["robust"]["mean"] == pytest.approx(picked.values["robust"], abs=1e-9)
    assert found.appraisal.report.images == len(load(DataSpec(limit_train=300)).validation)


@pytest.mark.slow
def test_the_json_is_plain_and_scikit_learns(trained):
    picked = pick_trial(trained, knee=True)
    found = evaluate([], picked, EvaluateOptions(pictures=False, robust=False, device="cpu")).as_dict()
    assert json.loads(json.dumps(found)) == found
    network, test = load_weights(picked.weights), load(DataSpec()).test
    with torch.no_grad():
        scores = network.scores(test.images / 255)
    assert found["acc"] == metrics.accuracy_score(test.labels, scores.argmax(1))
    assert found["macro"]["f1"] == metrics.f1_score(test.labels, scores.argmax(1), average="macro")
    areas = [metrics.roc_auc_score(test.labels == number, scores[:, number]) for number in range(10)]
    assert [row["auc"] for row in found["classes"]] == pytest.approx(areas, abs=1e-3)
    assert set(found["classes"][0]) == {"name", "precision", "recall", "f1", "support", "auc"}
    assert sum(map(sum, found["confusion"])) == found["images"] == len(test)
    assert sum(row["support"] for row in found["classes"]) == len(test)
    assert found["interval"][0] < found["acc"] < found["interval"][1]
    assert found["members"] == []


def test_several_networks_are_an_ensemble(weights):
    paths = [weights(0), weights(1)]
    found = evaluate(paths, options=DIGITS).as_dict()
    alone = [evaluate([path], options=DIGITS).as_dict()["acc"] for path in paths]
    assert found["members"] == [{"name": path, "acc": acc} for path, acc in zip(paths, alone, strict=True)]
    assert found["networks"] == paths


def test_an_export_says_what_it_was_trained_on_and_what_its_classes_are_called(trained, tmp_path):
    names = [f"digit {number}" for number in range(10)]
    options = service.ExportOptions(str(tmp_path / "net"), names, onnx=False)
    service.export_trial(pick_trial(trained, trial=0), options)
    found = evaluate([str(tmp_path / "net")], options=EvaluateOptions(robust=False, pictures=False))
    assert found.data == "digits"
    assert [row["name"] for row in found.rows()] == names


def test_an_export_is_judged_in_the_precision_of_predict(weights, tmp_path):
    path, images = Path(weights(0)), load(DataSpec()).test
    run = path.parent
    job = {"study": "s", "trial": 0, "trainer": "capsnet", "choices": {"precision": "bf16"}, "seed": 0}
    RunFolder(run).write_job(
        TrainingJob.model_validate({**job, "data": DataSpec(), "epochs": 2, "folder": run})
    )
    trained = evaluate([str(run)], options=DIGITS)
    assert trained.as_dict()["precision"] == "bfloat16"
    assert "bfloat16; exports are evaluated in float32, as `predict` computes" in trained.facts["device"]
    about = ExportInfo(classes=tuple("0123456789"), choices={"precision": "bf16"}, data=DataSpec())
    write_export(tmp_path / "net", load_weights(path), about=about, onnx=False)
    found = evaluate([str(tmp_path / "net")], options=DIGITS)
    assert found.as_dict()["precision"] == "float32"
    scores = TorchEngine(tmp_path / "net").scores((images.images / 255).numpy())
    confidence = Scored(scores.astype(np.float64), images.labels.numpy())
    assert found.as_dict()["ece"] == pytest.approx(reliability(confidence).ece, abs=1e-6)
    assert trained.as_dict()["ece"] != pytest.approx(reliability(confidence).ece, abs=1e-6)
    both = evaluate([str(run), str(tmp_path / "net")], options=DIGITS)
    assert both.as_dict()["precision"] == "float32"


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


@pytest.mark.slow
def test_the_page_is_written(trained, folder):
    quick = EvaluateOptions(robust=False, limit=50, grids=(3,), device="cpu")
    found = evaluate([], pick_trial(trained, trial=0), quick)
    assert len(found.appraisal.grids) == 1
    body = write_evaluation("page.html", found).read_text(encoding="utf-8")
    assert "50 of the test part of digits" in body
    several = replace_names(found)
    assert "Ensemble of 2 networks" in write_evaluation("page.html", several).read_text(encoding="utf-8")


def replace_names(found):
    judged = replace(found.appraisal, members=(0.1, 0.2))
    return replace(found, names=("a", "b"), appraisal=judged)


def test_a_limit_keeps_every_class(weights):
    found = evaluate([weights(0)], options=EvaluateOptions("digits", limit=50, robust=False, pictures=False))
    assert [row["support"] for row in found.rows()] == [5] * 10


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, UsageError, "are stored without their data: give --dataset NAME or --data PATH"),
        ({"dataset": "digits", "data": "x"}, UsageError, "give one"),
        ({"dataset": "digits", "part": "train"}, UnknownNameError, "unknown part 'train'"),
        ({"dataset": "digits", "limit": 0}, UsageError, "limit=0 is not allowed: the test part has 359"),
        ({"dataset": "digits", "limit": 9999}, UsageError, "limit=9999"),
        ({"dataset": "digits", "device": "tpu"}, UsageError, "device='tpu'"),
        ({"dataset": "digits", "robust": False, "grids": (10,)}, UsageError, "class 10 does not exist"),
    ],
)
def test_what_cannot_be_is_refused(weights, options, error, message):
    with pytest.raises(error, match=message):
        evaluate([weights(0)], options=EvaluateOptions(**options))


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


def test_a_folder_of_other_sizes_is_judged_in_the_size_that_the_network_takes(weights, tmp_path):
    random = np.random.default_rng(0)
    for name in map(str, range(10)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(8):
            pixels = random.integers(0, 256, (9 + number % 3, 14, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    options = EvaluateOptions(data=str(tmp_path / "photos"), robust=False, pictures=False, device="cpu")
    network = weights(0, side=12)
    assert evaluate([network], None, options).as_dict()["images"] == 13
    (tmp_path / "photos" / "0" / "broken.png").write_bytes(b"no image")
    load.cache_clear()
    with pytest.raises(DataError, match="--corrupt skip"):
        evaluate([network], None, options)
    skipping = replace(options, corrupt="skip")
    assert evaluate([network], None, skipping).as_dict()["images"] == 13


def test_deep_grays_are_evaluated_in_the_range_of_the_training(tmp_path):
    for name in ("ant", "bee"):
        for number in range(8):
            file = tmp_path / "data" / name / f"{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((8, 8), 100 * number, np.uint16)).save(file)
    paths = []
    for number, levels in enumerate([(0.0, 700.0), (0.0, 7000.0), None]):
        made = architecture(Choices(primary_capsules=4), 8, 8, 1, 2, levels)
        paths.append(str(tmp_path / f"{number}.pt"))
        save_weights(Path(paths[-1]), build_network(made, 0))
    options = replace(DIGITS, dataset=None, data=str(tmp_path / "data"))
    scores = [evaluate([path], options=options).as_dict()["ece"] for path in paths[:2]]
    assert scores[0] != scores[1]  # the images were ten times as bright to the first network
    with pytest.raises(UsageError, match=r"different ranges \(0 to 700 and 0 to 7000\): evaluate each"):
        evaluate(paths[:2], options=options)
    with pytest.raises(UsageError, match=r"2\.pt was trained on images of 8 bits.* have more: convert them"):
        evaluate(paths[2:], options=options)
