from dataclasses import replace

from paretocaps.domain.estimate import Estimate
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.published import Published
from paretocaps.report.measured_beside_published import beside, beside_table
from paretocaps.storage.records import EnsembleRecord

PUBLISHED = Published.model_validate(
    {
        "source": "a paper",
        "rows": {
            "wab": {"acc": 0.9945, "best_epoch": 8, "epoch_seconds": 49, "note": "of 30"},
            "deep": {"acc": 0.7, "memory": 47e9, "choices": {"blocks": 2}},
            "lost": {"acc": 0.5},
        },
    }
)
VALUES = {"acc": 0.98, "test_acc": 0.975, "time": 30.0, "params": 8_215_728.0, "memory": 1.5e9, "wall": 40.0}
TRIALS = [
    FrontMember(0, {"blocks": 0}, {**VALUES, "best_epoch": 10.0, "epoch_time": 3.0}, design="wab", seeds=5),
    FrontMember(1, {"blocks": 2}, {**VALUES, "memory": float("nan")}),
    FrontMember(2, {"blocks": 2, "lr_max": 0.1}, VALUES),
    FrontMember(3, {"blocks": 4}, VALUES),
]


def test_an_ensemble_stands_beside_the_row_of_its_name():
    rows = {"four": {"acc": 0.715}, "other": {"acc": 0.7, "choices": {"n": 1}}}
    published = Published.model_validate({"source": "a paper", "rows": rows})
    ensemble = EnsembleRecord("four", ((0, 0, 1), (0, 1, 1)), 0.8, 0.75, 100, 400, 12.5, 2_000)
    first, second = beside(published, [], ensembles=[ensemble, replace(ensemble, name="other")])
    assert (first.networks, first.trial, first.seeds) == (2, None, 0)
    values = {name: estimate.value for name, estimate in first.measured.items()}
    assert values == {"test_acc": 0.75, "acc": 0.8, "time": 12.5, "params": 2_000}
    assert second.measured == {}
    (row, _) = beside_table([first, second], published.figures).rows
    assert row[:5] == ("four", "0.7150", "2 networks", "0.750 ±0.045", "0.800 ±0.089")
    (untimed, _) = beside(published, [], timed=False, ensembles=[ensemble])
    assert "time" not in untimed.measured


def test_every_row_is_beside_the_trials_it_is_about():
    lines = beside(PUBLISHED, TRIALS)
    assert [(line.name, line.trial, line.seeds) for line in lines] == [
        ("wab", 0, 5), ("deep", 1, 1), ("deep", 2, 1), ("lost", None, 0)
    ]  # fmt: skip
    assert lines[0].published == {"acc": 0.9945, "best_epoch": 8.0, "epoch_seconds": 49.0}
    assert {name: estimate.value for name, estimate in lines[0].measured.items()} == {
        "test_acc": 0.975,
        "acc": 0.98,
        "best_epoch": 10.0,
        "epoch_seconds": 3.0,
        "time": 30.0,
        "params": 8_215_728.0,
        "memory": 1.5e9,
    }
    assert "memory" not in lines[1].measured
    assert "epoch_seconds" not in lines[2].measured
    assert lines[3].measured == {}
    assert [line.note for line in lines] == ["of 30", "", "", ""]


def test_times_and_memory_of_several_devices_are_left_out():
    line = beside(PUBLISHED, TRIALS, timed=False)[0]
    assert line.measured.keys() == {"test_acc", "acc", "best_epoch", "params"}
    assert line.published["epoch_seconds"] == 49


def test_counts_of_capsules_have_their_counterparts():
    figures = {"bottleneck": 1970, "primary_capsules": 246}
    published = Published.model_validate({"source": "a paper", "rows": {"wab": figures}})
    trials = [FrontMember(0, {}, {"acc": 0.9, "bottleneck": 1968.0, "primary_capsules": 246.0}, design="wab")]
    table = beside_table(beside(published, trials), published.figures)
    second = table.groups[0][1]
    assert table.headings[second:] == ("trial", "val acc", "bottleneck", "primary capsules")
    assert table.rows == (("wab", "1970", "246", "0", "0.9000", "1968", "246"),)


def test_deviations_over_the_runs_stand_beside_those_over_the_seeds():
    rows = {"deep": {"acc": 0.9941, "acc_deviation": 0.0001}, "other": {"acc": 0.99}}
    published = Published.model_validate({"source": "a paper", "rows": rows})
    over = {"test_acc": Estimate(0.975, 3, 0.0012, 0.97, 0.98)}
    trials = [
        FrontMember(0, {}, {"acc": 0.98, "test_acc": 0.975}, design="deep", seeds=3, estimates=over),
        FrontMember(1, {}, {"acc": 0.97, "test_acc": 0.965}, design="other"),
    ]
    table = beside_table(beside(published, trials), published.figures)
    assert table.headings == ("row", "acc", "sd", "trial", "seeds", "test acc", "sd", "val acc")
    assert table.rows == (
        ("deep", "0.9941", "0.0001", "0", "3", "0.975 ±0.005", "0.0012", "0.9800"),
        ("other", "0.9900", "-", "1", "1", "0.9650", "-", "0.9700"),
    )


def test_flops_are_counted_the_paper_s_way_beside_ours():
    """ResNet-50 with capsules on 224x224 has 4.3 G multiply-adds, for which Table 1 prints 12.9 B."""
    rows = {"tuned": {"training_flops": 12.9e9}, "frozen": {"training_flops": 8.6e9}}
    published = Published.model_validate({"source": "a paper", "rows": rows})
    trials = [
        FrontMember(
            n, {"frozen": name == "frozen"}, {"macs": 4.3e9, "flops": 25.1e9, "acc": 0.7}, design=name
        )
        for n, name in enumerate(rows)
    ]
    table = beside_table(beside(published, trials), published.figures)
    assert table.headings[2:] == ("trial", "val acc", "training flops", "flops")
    assert [row[-2:] for row in table.rows] == [("12.9 G", "25.1 G"), ("8.60 G", "25.1 G")]
    assert "flops" not in beside_table(beside(PUBLISHED, TRIALS), PUBLISHED.figures).headings


def test_a_published_accuracy_keeps_its_decimals():
    rows = {
        "fixed": {"acc": 0.99366},
        "warm": {"acc": 0.9944},
        "deep": {"acc": 0.78, "acc_deviation": 0.0001},
    }
    published = Published.model_validate({"source": "a paper", "rows": rows})
    table = beside_table(beside(published, []), published.figures)
    assert [row[1:3] for row in table.rows] == [("0.99366", "-"), ("0.9944", "-"), ("0.7800", "0.0001")]


def test_published_columns_have_the_order_of_the_measured_ones():
    figures = {"memory": 47e9, "printed_twice": 2, "epoch_seconds": 462, "acc": 0.78, "acc_deviation": 0.01}
    table = beside_table([], list(figures))
    assert table.headings[: table.groups[0][1]] == (
        "row", "acc", "sd", "s per epoch", "memory", "printed twice",
    )  # fmt: skip


def test_published_columns_come_first_and_measured_ones_after_them():
    table = beside_table(beside(PUBLISHED, TRIALS), PUBLISHED.figures)
    second = table.groups[0][1]
    assert table.groups == (("published, not measured here", 5), ("measured here", 8))
    assert table.headings[:second] == ("row", "acc", "best epoch", "s per epoch", "memory")
    assert table.headings[second:] == (
        "trial", "seeds", "test acc", "val acc", "best epoch", "s per epoch", "time", "memory",
    )  # fmt: skip
    wab, deep, _, lost = table.rows
    assert wab[:second] == ("wab", "0.9945", "8", "49.0 s", "-")
    assert wab[second:] == ("0", "5", "0.9750", "0.9800", "10", "3.00 s", "30.0 s", "1.50 GB")
    assert deep[:second] == ("deep", "0.7000", "-", "-", "47.0 GB")
    assert lost[second:] == ("not trained", *["-"] * 7)
