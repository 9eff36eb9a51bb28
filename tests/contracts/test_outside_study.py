"""The outside package's trainer and space, optimised through the same command."""

import json
from functools import partial

import pytest


@pytest.fixture
def command(run_here, tmp_path, outside_folder):
    return partial(run_here, tmp_path, outside_folder)


@pytest.mark.slow
def test_an_outside_trainer_is_optimised_through_the_same_command(command):
    assert "softmax_digits" in command("trainers").stdout
    options = ["--trainer", "softmax_digits", "--objectives", "acc,time,params"]
    result = command("optimize", "--study", "out", *options, "--trials", "6", "--epochs", "3")
    assert "plain" in result.stderr
    front = json.loads(command("front", "out", "--all", "--format", "json").stdout)
    assert front["study"] == "out"
    assert [objective["name"] for objective in front["objectives"]] == ["acc", "time", "params"]
    assert front["members"]
    assert all("lr_policy" not in member["choices"] for member in front["members"])
    assert max(member["acc"] for member in front["members"]) > 0.8


@pytest.mark.slow
def test_its_own_choices_are_checked(command):
    result = command("optimize", "--trainer", "softmax_digits", "--fix", "lr_policy=fixed", code=2)
    assert "unknown choice 'lr_policy'" in result.stderr


@pytest.mark.slow
def test_without_the_package_its_study_still_reads(command, run_command, tmp_path):
    command("optimize", "--study", "out", "--trainer", "softmax_digits", "--trials", "2", "--epochs", "1")
    assert run_command(tmp_path, tmp_path, "front", "out", "--all").stdout
