import tomllib

import pytest


@pytest.mark.parametrize("name", ["quickstart", "paretocaps:quickstart"])
def test_the_named_one_is_shown_as_a_file_to_begin_with(run, name):
    result = run("specs", name)
    assert result.exit_code == 0, result.stderr
    assert tomllib.loads(result.stdout)["study"] == "demo"


def test_it_has_no_other_format(run):
    result = run("specs", "quickstart", "--format", "json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "leave it out" in result.stderr


def test_an_unknown_name_is_one_line(run):
    result = run("specs", "quick")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(
        "error: unknown study file of the package 'quick': did you mean 'quickstart'"
    )
