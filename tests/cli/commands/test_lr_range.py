import csv
import io
import json

import pytest

SMALL = ("--limit-train", 60, "--steps", 20, "--set", "primary_capsules=2", "--set", "batch_size=20")


@pytest.mark.slow
def test_the_answer_is_the_same_in_every_form(run, tmp_path):
    page = tmp_path / "range.html"
    result = run("lr-range", *SMALL, "--format", "json", "--output", page)
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["lr_max"] == pytest.approx(10 * answer["lr_min"])
    assert page.exists()
    assert str(page) in result.stderr
    rows = list(csv.DictReader(io.StringIO(run("lr-range", *SMALL, "--format", "csv").stdout)))
    assert [float(row["loss"]) for row in rows] == [point["loss"] for point in answer["points"]]
    drawn = run("lr-range", *SMALL, "--draw").stdout
    assert "lr_min" in drawn
    assert "smoothed training loss" in drawn
    assert "log10 of the learning rate" in drawn


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--lr-low", 2], "lr_low=2"),
        (["--steps", 3], "steps=3"),
        (["--set", "lr_max=0.1"], "lr_max"),
        (["--dataset", "digit"], "did you mean 'digits'"),
    ],
)
def test_wrong_use_is_one_line(run, arguments, message):
    result = run("lr-range", *arguments)
    assert (result.exit_code, result.stdout) == (2, ""), result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
