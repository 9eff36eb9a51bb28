"""The commands that manage whole studies: studies, compare, rename, copy, delete."""

import json
import shutil

import pytest


@pytest.fixture
def own(run, towers, tmp_path):
    """A copy of the database with the study `t`."""
    shutil.copy(towers.removeprefix("sqlite:///"), tmp_path / "own.db")
    return f"sqlite:///{tmp_path}/own.db"


def names(run, storage):
    return [
        row["study"] for row in json.loads(run("studies", "--storage", storage, "--format", "json").stdout)
    ]


def test_studies_are_listed_with_state_and_front(run, own):
    lines = run("studies", "--storage", own).stdout.splitlines()
    assert lines[0].split() == [
        "study", "state", "trials", "front", "hypervolume", "size", "objectives", "data",
    ]  # fmt: skip
    assert lines[2].split()[:3] == ["t", "complete", "10"]


def test_a_study_is_copied_renamed_and_compared(run, own):
    result = run("copy", "t", "u", "--storage", own)
    assert (result.exit_code, result.stderr) == (0, "study u is a copy of t, with 12 trials\n")
    assert run("rename", "u", "v", "--storage", own).exit_code == 0
    assert names(run, own) == ["t", "v"]
    result = run("compare", "t", "v", "--storage", own, "--output", "both.html")
    assert result.exit_code == 0, result.stderr
    rows = [line.split() for line in result.stdout.splitlines()]
    assert rows[2] == ["t", *rows[3][1:]]
    assert "written to both.html" in result.stderr


def test_a_study_is_deleted_only_after_a_yes(run, own, monkeypatch):
    result = run("delete", "t", "--storage", own)
    assert result.exit_code == 2
    assert "nobody can be asked whether to delete study t: 12 trials" in result.stderr
    assert "give --yes" in result.stderr
    assert names(run, own) == ["t"]
    assert run("delete", "t", "--storage", own, "--yes").exit_code == 0
    assert names(run, own) == []


def test_who_says_no_keeps_the_study(run, own, monkeypatch):
    from click.testing import CliRunner, _NamedTextIOWrapper

    from paretocaps.cli.app import app

    monkeypatch.setattr(_NamedTextIOWrapper, "isatty", lambda self: True, raising=False)
    result = CliRunner().invoke(app, ["delete", "t", "--storage", own], input="n\n")
    assert result.exit_code == 130
    assert "delete study t: 12 trials, 0 with weights" in result.stderr
    assert names(run, own) == ["t"]


def test_a_study_that_is_not_there_is_named(run, own):
    result = run("rename", "nope", "x", "--storage", own)
    assert result.exit_code == 2
    assert "no study 'nope'" in result.stderr
