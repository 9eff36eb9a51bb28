import json
from pathlib import Path

import pytest

from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network
from paretocaps.training.weights import save_weights

SMALL = {"height": 8, "width": 8, "channels": 1, "classes": 2, "conv_channels": 4, "capsule_types": 2}


@pytest.fixture
def trained(run):
    """The folder of a training, in the folder that commands are run in."""
    folder = Path("runs/pets")
    folder.mkdir(parents=True)
    save_weights(folder / "weights.pt", build_network(Architecture(**SMALL), seed=0))
    return folder


@pytest.mark.slow
def test_a_training_is_exported_and_the_folder_printed(run, trained):
    result = run("export", "--run", trained, "--class-names", "cat, dog")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "exports/pets\n"
    assert result.stderr.startswith("ONNX (opset ")
    assert result.stderr.endswith("on 256 random images\n")
    assert json.loads(Path("exports/pets/network.json").read_text())["about"]["classes"] == ["cat", "dog"]


def test_an_export_is_not_replaced_unasked(run, trained):
    arguments = "export", "--run", trained, "--no-onnx", "-o", "x"
    assert run(*arguments).exit_code == 0
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: 'x' has an export already: choose another folder, or give --force\n"
    assert run(*arguments, "--force").exit_code == 0


@pytest.mark.slow
def test_a_trial_without_weights_names_the_remedy(run, towers):
    result = run("export", "t", "--storage", towers, "--knee")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "paretocaps train --study t --trial" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("export",),
        ("export", "--trial", "1", "--knee"),
        ("export", "--run", "runs/pets", "--trial", "0"),
        ("export", "--run", "runs/pets", "--best", "acc"),
        ("export", "--run", "nowhere"),
        ("export", "--run", "runs/pets", "--class-names", "cat"),
        ("export", "--study", "t", "--prefer", "acc"),
    ],
)
def test_wrong_use_is_one_line(run, trained, towers, arguments):
    result = run(*arguments, "--storage", towers)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1), result.stderr
    assert not Path("exports").exists()


@pytest.mark.slow
def test_a_front_member_of_a_real_study_keeps_its_weights_and_is_exported(run):
    choices = ("decoder=none", "primary_capsules=4", "batch_size=4", "lr_policy=fixed")
    fixed = [f"--fix={choice}" for choice in choices]
    limits = (
        "--objectives",
        "acc,params",
        "--trials",
        1,
        "--epochs",
        1,
        "--limit-train",
        64,
        "--executor",
        "inline",
        "--no-designs",
        "--require=acc>=0",
    )
    study = run("optimize", "--study", "d", *limits, *fixed)
    assert study.exit_code == 0, study.stderr
    result = run("export", "--best", "acc", "--all")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "exports/d-trial-0\n"
    assert "on 256 test images" in result.stderr
    about = json.loads(Path("exports/d-trial-0/network.json").read_text())["about"]
    assert (about["study"], about["trial"], about["data"]["name"]) == ("d", 0, "digits")
