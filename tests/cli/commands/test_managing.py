"""The commands that manage whole studies: studies, rename, copy; compare and delete have their own files."""

import json


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


def test_a_study_is_copied_and_renamed(run, own):
    result = run("copy", "t", "u", "--storage", own)
    assert (result.exit_code, result.stderr) == (0, "study u is a copy of t, with 12 trials\n")
    assert run("rename", "u", "v", "--storage", own).exit_code == 0
    assert names(run, own) == ["t", "v"]


def test_a_study_that_is_not_there_is_named(run, own):
    result = run("rename", "nope", "x", "--storage", own)
    assert result.exit_code == 2
    assert "no study 'nope'" in result.stderr
