import json

import pytest


@pytest.fixture
def two(run, own):
    """The storage of a study and a copy of it."""
    assert run("copy", "t", "v", "--storage", own).exit_code == 0
    return own


def test_fronts_are_compared_in_a_table_and_on_a_page(run, two, tmp_path):
    result = run("compare", "t", "v", "--storage", two, "--output", "both.html")
    assert result.exit_code == 0, result.stderr
    rows = [line.split() for line in result.stdout.splitlines()]
    assert rows[2] == ["t", *rows[3][1:]]
    assert "written to both.html" in result.stderr
    assert "hypervolume" in (tmp_path / "both.html").read_text()


def test_json_has_the_members_and_stdout_nothing_else(run, two):
    result = run("compare", "t", "v", "--storage", two, "--format", "json")
    found = json.loads(result.stdout)
    assert {row["study"] for row in found["members"]} == {"t", "v"}
    assert "--output" not in result.stderr, "the hint is for people"


def test_a_table_says_how_to_get_the_picture(run, two):
    result = run("compare", "t", "v", "--storage", two)
    assert "give --output page.html for the fronts in one picture" in result.stderr


def test_bounds_and_objectives_are_those_that_are_given(run, two):
    view = ("--require", "acc>=0.95", "--objectives", "acc,params", "--format", "json")
    found = json.loads(run("compare", "t", "v", "--storage", two, *view).stdout)
    assert [one["name"] for one in found["objectives"]] == ["acc", "params"]
    assert found["members"]
    assert all(row["acc"] >= 0.95 for row in found["members"])


def test_what_is_wrong_is_one_line(run, two):
    for words, told in ((("t", "nope"), "no study 'nope'"), (("t", "v", "--output", "."), "output")):
        result = run("compare", *words, "--storage", two)
        assert result.exit_code != 0
        assert result.stdout == ""
        assert told in result.stderr
