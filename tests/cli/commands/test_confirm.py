"""`paretocaps confirm`: its answer, and the front after it."""

import json
import shutil

import pytest


@pytest.fixture
def confirm(run, towers, tmp_path):
    """Confirm a copy of the study of towers, which are the same with every seed."""
    copy = shutil.copy(towers.removeprefix("sqlite:///"), tmp_path / "copy.db")
    return lambda *arguments: run("confirm", "t", "--storage", copy, "--plain", *arguments), copy


def test_it_says_what_it_trained_why_it_ended_and_shows_the_front(confirm, run):
    command, storage = confirm
    result = command("--budget", "60s", "--seeds", 2)
    assert result.exit_code == 0, result.stderr
    assert "study t: " in result.stderr
    assert "further seed" in result.stderr
    assert " sure" in result.stdout
    front = json.loads(run("front", "t", "--storage", storage, "--format", "json").stdout)
    assert all(0.5 <= member["probability"] <= 1 for member in front["members"])
    header, first = run("front", "t", "--storage", storage, "--format", "csv").stdout.splitlines()[:2]
    assert dict(zip(header.split(","), first.split(","), strict=True))["probability"]


def test_wrong_options_are_refused(confirm):
    command, _ = confirm
    for words, why in (
        (("--budget", "soon"), "budget='soon' is not a duration"),
        (("--seeds", 1), "seeds=1 is not allowed"),
    ):
        result = command(*words)
        assert result.exit_code == 2
        assert why in result.stderr
