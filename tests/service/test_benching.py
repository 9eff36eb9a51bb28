import json

import pytest

from paretocaps import service
from paretocaps.errors import UsageError

QUICK = {"image": "8x8x1", "settings": ["primary_capsules=2"], "batches": [2], "steps": 1}
STABLE = {"batch", "precision", "device", "step_s", "images_s", "flops_share", "peak_bytes", "ratio"}


def bench(everything=False, **options):
    return service.bench(service.BenchOptions(**{**QUICK, **options}), everything)


@pytest.mark.slow
def test_rows_have_the_shape_of_the_json():
    (row,) = bench(against="textbook")
    assert set(row) >= STABLE
    assert row["ratio"] > 0


@pytest.mark.slow
def test_a_row_a_batch_and_precision():
    rows = bench(batches=[2, 1], precisions=["fp32", "bf16"])
    assert [(r["batch"], r["precision"]) for r in rows] == [
        (2, "fp32"),
        (2, "bf16"),
        (1, "fp32"),
        (1, "bf16"),
    ]


@pytest.mark.slow
def test_everything_is_the_baseline_and_ws_against_it():
    rows = bench(True)
    assert {(row["design"], row["against"]) for row in rows} == {(None, "textbook"), ("ws", "baseline")}
    assert all(row["ratio"] > 0 for row in rows)


def test_rows_are_kept_with_what_they_were_measured_on(tmp_path):
    rows = bench()
    options = service.BenchOptions(**QUICK)
    path = service.keep_bench(str(tmp_path / "new" / "bench.json"), rows, options)
    kept = json.loads(path.read_text())
    assert set(kept) == {"device", "torch", "date", "load", "options", "rows"}
    assert kept["rows"] == rows
    assert kept["options"]["image"] == "8x8x1"


def test_where_nothing_can_be_written_is_said_before_anything_is_timed(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (str(tmp_path / "file" / "bench.json"), str(tmp_path), ""):
        with pytest.raises(UsageError, match="output="):
            service.check_output(path)


def test_looking_whether_it_can_be_written_leaves_what_is_there(tmp_path):
    kept = tmp_path / "bench.json"
    service.check_output(str(kept))
    assert list(tmp_path.iterdir()) == []
    kept.write_text("before")
    service.check_output(str(kept))
    assert kept.read_text() == "before"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"against": "textbok"}, "unknown yardstick 'textbok': did you mean 'textbook'?"),
        ({"batches": [0]}, "batch=0 is not allowed"),
        ({"steps": 0}, "steps=0 is not allowed"),
        ({"images": 0}, "images=0 is not allowed"),
        ({"precisions": ["fp8"]}, "precision='fp8' is not allowed"),
        ({"device": "cuda:99"}, "device='cuda:99'"),
        ({"device": "gpu"}, "gpu"),
        ({"image": "x"}, "image='x' is not understood"),
        ({"settings": ["precision=fp32"]}, "give --precision"),
        ({"settings": ["batch_size=4"]}, "give --batch"),
        ({"settings": ["batch_schedule=adabatch"]}, "does not change a step"),
        ({"everything": True, "design": "wab"}, "--everything has its own"),
        ({"everything": True, "precisions": ["bf16"]}, "--everything has its own"),
    ],
)
def test_what_cannot_be_timed(options, message):
    with pytest.raises(UsageError) as caught:
        bench(**options)
    assert message in str(caught.value)
