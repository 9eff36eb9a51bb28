import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn import metrics

from paretocaps import service
from paretocaps.data.tensor_splits import load
from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.evaluation.reliability import reliability
from paretocaps.evaluation.scores import Scored
from paretocaps.exporting.document import ExportInfo
from paretocaps.exporting.engines import TorchEngine
from paretocaps.exporting.package import write_export
from paretocaps.run_folder import RunFolder
from paretocaps.service import EvaluateOptions, evaluate, pick_trial, write_evaluation
from paretocaps.training.weights import load_weights

DIGITS = EvaluateOptions(dataset="digits", robust=False, pictures=False, device="cpu")


@pytest.mark.slow
def test_a_picked_trial_is_judged_as_its_training_measured_it(trained):
    picked = pick_trial(trained, trial=0)
    test = evaluate([], picked, EvaluateOptions(robust=False, pictures=False, device="cpu"))
    assert test.as_dict()["acc"] == picked.test_acc
    assert test.names == ("s, trial 0, seed 0",)
    found = evaluate([], picked, EvaluateOptions(part="validation", pictures=False, device="cpu"))
    assert found.as_dict()["acc"] == picked.acc
    assert found.as_dict()["robust"]["mean"] == pytest.approx(picked.values["robust"], abs=1e-9)
    assert found.appraisal.report.images == len(load(picked.data).validation) == 100


@pytest.mark.slow
def test_the_json_is_plain_and_scikit_learns(trained):
    picked = pick_trial(trained, knee=True)
    judged = evaluate([], picked, EvaluateOptions(pictures=False, robust=False, device="cpu"))
    assert repr(judged).startswith("<Evaluation of s, trial ")
    found = judged.as_dict()
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
        ({"dataset": "digits", "grids": (-1,)}, UsageError, "class -1 does not exist: choose 0 to 9"),
    ],
)
def test_what_cannot_be_is_refused(weights, options, error, message):
    with pytest.raises(error, match=message):
        evaluate([weights(0)], options=EvaluateOptions(**options))
