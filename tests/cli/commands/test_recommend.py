"""`paretocaps recommend`: sentences, JSON and CSV."""

import csv
import io
import json

import pytest


@pytest.fixture
def recommend(run, towers):
    return lambda *arguments: run("recommend", "t", "--storage", towers, "--all", *arguments)


def test_it_names_one_member_and_why(recommend):
    result = recommend("--baseline", "hut")
    assert result.exit_code == 0, result.stderr
    lines = dict(line.split(": ", 1) for line in result.stdout.split("\n\n")[0].splitlines())
    assert lines["why"].startswith("the best compromise")
    assert any(name.startswith("trial ") for name in lines)
    assert any("next better in acc" in name for name in lines)
    assert "paretocaps confirm t" in lines["sure"]
    assert "nothing stands out from chance" in result.stdout.split("\n\n")[1]  # of so few trials
    assert "paretocaps train t --trial" in result.stderr


def test_aims_choose_another_member(recommend, run, towers):
    answer = json.loads(recommend("--aim", "time<=1", "--format", "json").stdout)
    assert answer["member"]["time"] == 1.0
    assert answer["why"] == "meets time<=1"
    rows = list(csv.DictReader(io.StringIO(recommend("--prefer", "acc=1", "--format", "csv").stdout)))
    assert {"about", "sentence"} == set(rows[0])
    marked = run("front", "t", "--storage", towers, "--all", "--aim", "time<=1", "--format", "json")
    assert [one["time"] for one in json.loads(marked.stdout)["members"]] == [1.0]


def test_wrong_aims_are_refused(recommend):
    result = recommend("--aim", "time>=1")
    assert result.exit_code == 2
    assert "write time<=1" in result.stderr
