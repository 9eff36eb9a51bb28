"""The outside package's trainer and space, optimised through the same command."""

import json
import os
import subprocess
import sys

import pytest


@pytest.fixture
def command(outside_folder, tmp_path):
    """Run `paretocaps` in an empty folder where the outside package is installed."""

    def run(*arguments, code=0):
        result = subprocess.run(
            [sys.executable, "-m", "paretocaps", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(outside_folder)},
            capture_output=True,
            text=True,
        )
        assert result.returncode == code, result.stderr
        return result

    return run


def test_an_outside_trainer_is_optimised_through_the_same_command(command):
    assert "softmax_digits" in command("trainers").stdout
    options = ["--trainer", "softmax_digits", "--objectives", "acc,time,params"]
    result = command("optimize", "--study", "out", *options, "--trials", "6", "--epochs", "3")
    assert "plain" in result.stderr
    front = json.loads(command("front", "out", "--format", "json").stdout)
    assert front["study"] == "out"
    assert [objective["name"] for objective in front["objectives"]] == ["acc", "time", "params"]
    assert front["members"]
    assert all("lr_policy" not in member["choices"] for member in front["members"])
    assert max(member["acc"] for member in front["members"]) > 0.8


def test_its_own_choices_are_checked(command):
    result = command("optimize", "--trainer", "softmax_digits", "--fix", "lr_policy=fixed", code=2)
    assert "unknown choice 'lr_policy'" in result.stderr


def test_without_the_package_its_study_still_reads(command, tmp_path):
    command("optimize", "--study", "out", "--trainer", "softmax_digits", "--trials", "2", "--epochs", "1")
    result = subprocess.run(
        [sys.executable, "-m", "paretocaps", "front", "out"], cwd=tmp_path, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
