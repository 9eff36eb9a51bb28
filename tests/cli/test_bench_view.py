import json

import pytest

from paretocaps.cli.bench_view import write_bench

ROW = {
    "design": None,
    "batch": 16,
    "precision": "bf16",
    "device": "a processor",
    "step_s": 0.0423,
    "step_s_min": 0.04,
    "step_s_max": 0.05,
    "steps": 10,
    "epoch_s": 158.6,
    "images_s": 378.2,
    "flops_share": 0.47,
    "peak_bytes": 153_000_000,
    "tuning": "products: onednn; convolution: patches; bf16",
    "loaded": False,
    "against": "textbook",
    "ratio": 4.83,
    "ratio_min": 4.59,
    "ratio_max": 5.02,
    "cpu_s": 0.0811,
    "cpu_ratio": 4.9,
}


def test_a_table_for_people(capsys):
    write_bench([ROW, {**ROW, "design": "ws"}], "table")
    out, err = capsys.readouterr()
    assert err.splitlines() == [
        "device: a processor",
        "batch 16: products: onednn; convolution: patches; bf16",
        "ws, batch 16: products: onednn; convolution: patches; bf16",
    ]
    lines = out.splitlines()
    assert lines[0].split()[:3] == ["design", "batch", "precision"]
    assert "4.83x (4.59 to 5.02)" in lines[2]
    assert "47 %" in lines[2]
    assert "0.0811 s" in lines[2]
    assert lines[2].split()[-1] == "4.90x"
    assert "153 MB" in lines[2]
    assert lines[2].startswith("baseline")
    assert lines[3].startswith("ws")


def test_published_seconds_and_both_relative_to_the_largest_batch(capsys):
    beside = {"published_epoch_s": 49.0, "relative_epoch": 1.6274, "published_relative_epoch": 1.75}
    missing = dict.fromkeys(beside)
    write_bench([{**ROW, **beside}, {**ROW, **missing}], "table")
    heading, _, first, second = capsys.readouterr().out.splitlines()
    assert "epoch  published  relative  published relative" in heading
    assert "49 s     1.63x               1.75x" in first
    assert second.count(" - ") == 3


def test_no_columns_for_what_was_not_asked(capsys):
    write_bench([{**ROW, "against": None, "ratio": None, "cpu_s": None}], "table")
    heading = capsys.readouterr().out.splitlines()[0]
    assert "CPU" not in heading
    assert "ratio" not in heading
    assert "published" not in heading
    assert "design" not in heading


def test_a_busy_machine_is_said(capsys):
    write_bench([{**ROW, "loaded": True}], "table")
    said = capsys.readouterr().err
    assert "busy with something else" in said
    assert "ratios are less affected, and CPU ratios least" in said


@pytest.mark.parametrize("form", ["json", "csv"])
def test_programs_get_everything(form, capsys):
    write_bench([ROW], form)
    out, err = capsys.readouterr()
    assert err == ""
    if form == "json":
        assert json.loads(out) == [ROW]
    else:
        assert out.splitlines()[0].split(",") == list(ROW)
