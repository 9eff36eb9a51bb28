import json


def test_the_space_of_a_stored_study(run, towers):
    text = run("space", "t", "--storage", towers).stdout
    assert "12 points" in text
    assert "tried first: 2 designs (hut, spire)" in text
    found = json.loads(run("space", "t", "--storage", towers, "--format", "json").stdout)
    assert (found["points"], found["trainer"]) == (12, "towers")
    assert run("space", "t", "--storage", towers, "--format", "csv").stdout.startswith(
        "choice,values,where\n"
    )


def test_the_space_of_a_new_study(run):
    text = run("space", "--trainer", "towers", "--set", "painted=true").stdout
    assert "6 points" in text
    assert "fixed: painted=true" in text
