import json

import pytest

from paretocaps import service
from paretocaps.bench.benchmark import BenchRow
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


@pytest.fixture
def timed(monkeypatch):
    """The choices that are timed, in place of their timing."""
    timed = []

    def benchmark(case, device, turns, against, other):
        timed.extend(one.choices for one in (case, other) if one is not None)
        batch = case.choices.batch_size
        return BenchRow(batch, f"of {batch}", "", 1, 1, 1, 1, 60.0 / batch, 1, 1, 1, "", loaded=False)

    monkeypatch.setattr("paretocaps.bench.benchmark.benchmark", benchmark)
    return timed


def sweep_file(folder):
    file = folder / "sweep.toml"
    seconds = "[published.batch_seconds]\n1 = 420\n4 = 28\n"
    file.write_text(f'[fix]\nrouting_gradient = "all"\n[published]\nsource = "a\\npaper"\n{seconds}')
    return file


def test_published_seconds_by_batch_size_stand_beside_the_measured_ones(timed, tmp_path):
    file = sweep_file(tmp_path)
    rows = bench(batches=[4, 2, 1], published=str(file))
    names = "published_epoch_s", "relative_epoch", "published_relative_epoch"
    assert [tuple(row[name] for name in names) for row in rows] == [(28, 1, 1), (None, 2, None), (420, 4, 15)]
    assert {choices.routing_gradient for choices in timed} == {"all"}
    assert service.published_sweep(str(file)).source == "a paper; device: not stated"
    assert "published_epoch_s" not in bench(batches=[4])[0]


def test_the_fixed_choices_of_a_study_file_only_supplement_what_is_timed(timed, tmp_path):
    file = str(sweep_file(tmp_path))
    bench(published=file, batches=[4], settings=["family=lenet5"], against="baseline")
    pruned = ["family=backbone_caps", "pruning_ratio=0.5"]
    bench(published=file, batches=[4], settings=[*pruned, "routing_gradient=last"])
    assert [choices.active().get("routing_gradient") for choices in timed] == [None, "all", "last"]
    with pytest.raises(UsageError, match="primary_capsules=2 only applies where"):
        bench(published=file, settings=["family=lenet5", "primary_capsules=2"])


def test_a_study_file_without_seconds_by_batch_size_is_refused(tmp_path):
    file = tmp_path / "none.toml"
    file.write_text("epochs = 1\n")
    with pytest.raises(UsageError, match=r"none.toml' has no seconds by batch size: name one with"):
        bench(published=str(file))
    with pytest.raises(UsageError, match="leave out .* --published"):
        bench(everything=True, published=str(file))


def test_rows_are_kept_with_what_they_were_measured_on(tmp_path):
    rows = bench()
    options = service.BenchOptions(**QUICK)
    path = service.keep_bench(str(tmp_path / "new" / "bench.json"), rows, options)
    kept = json.loads(path.read_text())
    assert set(kept) == {"device", "torch", "date", "load", "options", "rows"}
    assert kept["rows"] == rows
    assert kept["options"]["image"] == "8x8x1"


def test_rows_are_kept_whole_or_not_at_all(tmp_path):
    path = tmp_path / "bench.json"
    path.write_text("before")
    with pytest.raises(TypeError):
        service.keep_bench(str(path), [*bench(), {"step_s": object()}], service.BenchOptions(**QUICK))
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


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
