"""`paretocaps bench` on networks small enough to be timed in a test."""

import json

import pytest
import torch

SMALL = ("--image", "8x8x1", "--set", "primary_capsules=2", "--steps", "1")


@pytest.mark.slow
def test_json_has_a_row_a_batch_and_talk_stays_off_it(run, tmp_path):
    out = tmp_path / "kept" / "bench.json"
    result = run("bench", *SMALL, "--batch", "2", "--batch", "1", "--format", "json", "--output", str(out))
    assert result.exit_code == 0, result.stderr
    rows = json.loads(result.stdout)
    assert [row["batch"] for row in rows] == [2, 1]
    assert f"written to {out}" in result.stderr
    assert json.loads(out.read_text())["rows"] == rows


@pytest.mark.slow
def test_everything_in_one_command(run, tmp_path):
    out = tmp_path / "all.json"
    result = run("bench", "--everything", *SMALL, "--batch", "2", "--output", str(out))
    assert result.exit_code == 0, result.stderr
    assert {(row["design"], row["against"]) for row in json.loads(out.read_text())["rows"]} == {
        (None, "textbook"),
        ("ws", "baseline"),
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--batch", "0"), "batch=0 is not allowed"),
        (("--against", "baselin"), "did you mean 'baseline'?"),
        (("--set", "batch_size=4"), "give --batch"),
        (("--everything", "--design", "wab"), "--everything has its own designs"),
        (("--output", ""), "output='' is not a file name"),
        (("--set", "family=momentum_caps", "--against", "textbook"), "leave out --against textbook"),
    ],
)
def test_what_cannot_be_timed_is_one_line(run, arguments, message):
    result = run("bench", *SMALL, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is CUDA")
def test_without_cuda_the_remedy_is_said(run):
    result = run("bench", *SMALL, "--device", "cuda", "--everything")
    assert result.exit_code == 2
    assert "torch finds no CUDA device here; use cpu or auto" in result.stderr
