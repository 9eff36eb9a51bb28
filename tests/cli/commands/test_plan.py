import csv
import io
import json

import pytest


def rows(result):
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_a_row_an_epoch(run):
    answer = rows(run("plan", "--epochs", 3, "--format", "json"))
    assert answer == [
        {"epoch": epoch, "batch_size": 128, "steps": 469, "lr_first": 0.001, "lr_last": 0.001}
        for epoch in (1, 2, 3)
    ]


def test_adabatch_grows_its_batches(run):
    answer = rows(run("plan", "--design", "adabatch", "--epochs", 20, "--images", 1438, "--format", "json"))
    sizes = [row["batch_size"] for row in answer]
    assert (len(sizes), sizes[0], sizes) == (20, 1, sorted(sizes))
    assert [row["steps"] for row in answer] == [-(-1438 // size) for size in sizes]


def test_csv_is_the_same(run):
    text = run("plan", "--epochs", 2, "--set", "lr_policy=one_cycle", "--format", "csv").stdout
    answer = rows(run("plan", "--epochs", 2, "--set", "lr_policy=one_cycle", "--format", "json"))
    assert [float(row["lr_last"]) for row in csv.DictReader(io.StringIO(text))] == [
        row["lr_last"] for row in answer
    ]


def test_it_draws_where_asked(run):
    assert "learning rate" not in run("plan", "--epochs", 2).stdout
    drawn = run("plan", "--epochs", 2, "--design", "wab", "--images", 1000, "--draw").stdout
    assert "learning rate" in drawn
    assert "batch size" in drawn
    assert max(map(len, drawn.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epochs", 0], "0"),
        (["--images", -5], "-5"),
        (["--set", "lr_max=5"], "lr_max"),
        (["--design", "wabb"], "did you mean 'wab'"),
    ],
)
def test_wrong_use_is_one_line(run, arguments, message):
    result = run("plan", *arguments)
    assert (result.exit_code, result.stdout) == (2, ""), result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
