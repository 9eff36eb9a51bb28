import csv
import io
from dataclasses import replace

import pytest

from paretocaps.domain.estimate import Estimate
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import OBJECTIVES, Objective
from paretocaps.report.tables import (
    Table,
    choice_text,
    choices_text,
    csv_text,
    differing_choices,
    estimate_text,
    flat_rows,
    heading,
    markdown_table,
    objective_cells,
    shared_choices,
    value_text,
    with_prefix,
)


@pytest.mark.parametrize(
    ("objective", "value", "text"),
    [
        ("acc", 0.98612, "0.9861"),
        ("acc", 1.0, "1.0000"),
        ("acc", 0.0, "0.0000"),
        ("time", 12.34, "12.3 s"),
        ("time", 0.01234, "0.0123 s"),
        ("time", 1.0, "1.00 s"),
        ("time", 99.96, "100 s"),
        ("time", 8_640.4, "8,640 s"),
        ("params", 8_215_728.0, "8.22 M"),
        ("params", 6_708_400.0, "6.71 M"),
        ("params", 640.0, "640"),
        ("params", 999_999.0, "1.00 M"),
        ("macs", 203_200_000.0, "203 M"),
        ("memory", 1.5e9, "1.50 GB"),
        ("memory", 0.0, "0 B"),
        ("time", None, "-"),
        ("acc", float("nan"), "-"),
    ],
)
def test_values_as_people_read_them(objective, value, text):
    assert value_text(OBJECTIVES.get(objective), value) == text


@pytest.mark.parametrize(
    ("objective", "estimate", "text"),
    [
        ("acc", Estimate(0.97234, 3, 0.002, 0.9663, 0.9784), "0.972 ±0.006"),
        ("acc", Estimate(0.97234, 3, 0.0002, 0.9719, 0.9728), "0.9723 ±0.0005"),
        ("acc", Estimate(0.97234, 3, 0.0, 0.97234, 0.97234), "0.972 ±0.000"),
        ("acc", Estimate(0.97, 1, None, 0.915, 0.99), "0.970 ±0.055"),
        ("acc", Estimate(0.97234, 1), "0.9723"),
        ("time", Estimate(12.34, 3, 0.2, 11.9, 12.78), "12.3 ±0.4 s"),
        ("time", Estimate(1234.5, 3, 2.0, 1200.0, 1269.0), "1,234 ±34 s"),
        ("time", Estimate(12.34, 3, 1e-3, 12.338, 12.342), "12.3 ±0.002 s"),
        ("params", Estimate(8.2e6, 3, 0.0, 8.2e6, 8.2e6), "8.20 M"),
        ("params", Estimate(8.2e6, 3, 1e5, 8.1e6, 8.3e6), "8.20 ±0.10 M"),
        ("memory", Estimate(203e6, 2, 1e6, 194e6, 212e6), "203 ±9 MB"),
        ("params", Estimate(640.0, 2, 0.1, 639.7, 640.3), "640 ±0.3"),
        ("time", Estimate(None, 2), "-"),
    ],
)
def test_estimates_as_people_read_them(objective, estimate, text):
    assert estimate_text(OBJECTIVES.get(objective), estimate) == text


def test_other_units_and_negative_numbers():
    assert value_text(Objective("energy", "minimize", "J", ""), 12_345.0) == "12.3 kJ"
    assert with_prefix(-8_215_728.0) == "-8.22 M"
    assert with_prefix(1e20, "J") == "100,000 PJ"


def test_headings_point_to_the_better_side():
    assert [heading(OBJECTIVES.get(name)) for name in ("acc", "time")] == ["acc ↑", "time ↓"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (None, "-"), (1e-3, "0.001"), (0.25, "0.25"), (16, "16"), ("tpe", "tpe")],
)
def test_choices_as_the_command_line_takes_them(value, text):
    assert choice_text(value) == text


def test_choices_are_either_shared_or_differing(trials):
    assert differing_choices(trials) == ["batch_schedule", "batch_size", "first_batch", "weight_sharing"]
    assert shared_choices(trials) == {"lr_policy": "fixed", "lr_max": 1e-3}
    assert choices_text(trials[0].choices, ["lr_max", "first_batch"]) == "lr_max=0.001"
    assert (differing_choices([]), shared_choices([])) == ([], {})


def test_true_and_one_are_different_choices():
    members = [FrontMember(0, {"a": True}, {}), FrontMember(1, {"a": 1}, {})]
    assert differing_choices(members) == ["a"]


def test_rows_for_programs_are_unrounded(trials, front):
    columns, rows = flat_rows(trials, front.objectives)
    assert columns == [
        *("trial", "design", "seeds", "flags", "n"),
        *(column for name in ("acc", "time", "params", "wall") for column in Estimate(None, 0).columns(name)),
        *("lr_policy", "batch_schedule", "batch_size", "lr_max", "first_batch", "weight_sharing"),
    ]
    none = [None] * 3
    assert rows[0] == [
        *(0, "baseline", 3, None, 3),
        *(0.98, *none, 10.0, *none, 8_215_728.0, *none, 20.0, *none),
        *("fixed", "constant", 128, 1e-3, None, None),
    ]
    assert {len(row) for row in rows} == {len(columns)}


def test_rows_have_each_value_s_deviation_and_interval(front):
    estimates = {"acc": Estimate(0.9, 2, 0.1, 0.0, 1.0), "time_to(acc=0.9)": Estimate(None, 1)}
    two = FrontMember(0, {"n": 5}, {"acc": 0.9}, seeds=2, estimates=estimates)
    columns, rows = flat_rows([two, FrontMember(1, {}, {"acc": 0.8})], front.objectives[:1])
    first, second = (dict(zip(columns, row, strict=True)) for row in rows)
    assert {name: first[name] for name in ("n", "acc", "acc_sd", "acc_low", "acc_high")} == {
        "n": 2,
        "acc": 0.9,
        "acc_sd": 0.1,
        "acc_low": 0.0,
        "acc_high": 1.0,
    }
    assert (first["time_to(acc=0.9)"], first["time_to(acc=0.9)_n"]) == (None, 1)
    assert (second["n"], second["acc_sd"], second["time_to(acc=0.9)_n"]) == (1, None, None)
    assert first["choice_n"] == 5
    assert flat_rows([], front.objectives[:1])[0][-4:] == ["acc", "acc_sd", "acc_low", "acc_high"]


def test_levels_are_marked_for_people_and_listed_for_programs(front):
    best, second, last = front.members
    members = [replace(best, level={"acc": (0, 2)}), replace(second, level={"acc": (1,)}), last]
    acc, time, _ = front.objectives
    assert objective_cells(members, acc) == ["≈ 0.9900", "≈ 0.9800", "≈ 0.9750"]
    assert objective_cells(members[1:], acc) == ["0.9800", "0.9750"]
    assert objective_cells(members, time) == ["120 s", "10.0 s", "12.0 s"]
    columns, rows = flat_rows(members, front.objectives)
    assert [row[columns.index("acc_level")] for row in rows] == ["0 2", "1", None]


def test_a_choice_called_like_a_column_gets_another_heading():
    member = FrontMember(0, {"time": "long", "design": 2, "lr": 0.1}, {"time": 3.0})
    assert flat_rows([member])[0] == [
        "trial",
        "design",
        "seeds",
        "flags",
        "n",
        "time",
        "time_sd",
        "time_low",
        "time_high",
        "choice_time",
        "choice_design",
        "lr",
    ]


def test_flags_are_words_of_a_cell(trials):
    assert flat_rows([replace(trials[0], flags=("shared", "loaded"))])[1][0][3] == "shared loaded"


def test_csv_reads_back(trials, front):
    text = csv_text(trials, front.objectives)
    first, second, *_ = csv.DictReader(io.StringIO(text))
    assert float(second["time"]) == 120.0
    assert float(first["params"]) == 8_215_728.0
    assert (second["batch_size"], second["first_batch"], first["weight_sharing"]) == ("", "1", "")
    assert next(csv.DictReader(io.StringIO(csv_text(trials[2:]))))["weight_sharing"] == "true"


def test_csv_of_awkward_values_reads_back():
    member = FrontMember(0, {"note": 'a,"b"\nc', "betas": [0.9, 0.999]}, {"acc": 0.1 + 0.2})
    row = next(csv.DictReader(io.StringIO(csv_text([member]))))
    assert row["note"] == 'a,"b"\nc'
    assert row["betas"] == "[0.9, 0.999]"
    assert float(row["acc"]) == 0.1 + 0.2


def test_csv_runs_no_formula():
    member = FrontMember(0, {"note": "=1+1", "@x": "-a", "lr": -0.5}, {"acc": -1.0}, design="+d")
    text = csv_text([member])
    row = next(csv.DictReader(io.StringIO(text)))
    assert (row["note"], row["'@x"], row["design"], row["lr"]) == ("'=1+1", "'-a", "'+d", "-0.5")


def test_markdown_keeps_its_columns():
    table = Table(("trial", "design", "acc ↑"), (True, False, True), (("7", "a|b\nc", "0.9000"),))
    assert markdown_table(table) == (
        "| trial | design | acc ↑ |\n| ---: | --- | ---: |\n| 7 | a\\|b c | 0.9000 |\n"
    )
