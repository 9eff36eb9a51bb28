import csv
import io
import json
from dataclasses import replace

import pytest

from paretocaps.cli.front_view import Chosen, write_front, write_history
from paretocaps.domain.own_loop import NAME
from paretocaps.domain.requirement import parse_requirements
from paretocaps.domain.tuning import DEFAULT
from paretocaps.report.front import Front


def test_json_is_the_contract(front, capsys):
    write_front(front, None, "json")
    answer = json.loads(capsys.readouterr().out)
    assert list(answer) == [
        "study",
        "objectives",
        "reference_point",
        "hypervolume",
        "ideal_point",
        "hypervolume_share",
        "published_hypervolume_share",
        "device",
        "scaled_to",
        "validation_images",
        "tunings",
        "members",
        "corner",
        "nearest",
    ]
    assert answer["objectives"][0] == {"name": "acc", "direction": "maximize", "unit": ""}
    assert [entry["trial"] for entry in answer["members"]] == [3, 7, 9, 5]
    first = answer["members"][0]
    assert first["acc"] == 0.98765432101234567
    assert first["choices"]["lr_policy"] == "fixed"


def test_a_marked_member_is_alone_in_json_and_csv(front, capsys):
    write_front(front, Chosen(front.members[1], "knee"), "json")
    answer = json.loads(capsys.readouterr().out)
    assert [entry["trial"] for entry in answer["members"]] == [7]
    assert answer["hypervolume"] == front.hypervolume
    write_front(front, Chosen(front.members[2], "pick"), "csv")
    assert [row["trial"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))] == ["9"]


def test_flags_and_devices_are_told(front, capsys):
    flagged = replace(front.members[0], flags=("shared", "loaded", "partial"))
    shown = replace(
        front, members=(flagged, *front.members[1:]), scaled_to="a", devices=("a", "b"), trainer="capsnet"
    )
    write_front(shown, None, "table")
    captured = capsys.readouterr()
    assert "shared, loaded, partial" in captured.out
    assert "times of 2 devices, scaled to seconds of a by their calibrations" in captured.err.splitlines()
    assert [line.partition(":")[0] for line in captured.err.splitlines()[1:4]] == [
        "shared",
        "loaded",
        "partial",
    ]
    write_front(shown, None, "json")
    answer = json.loads(capsys.readouterr().out)
    assert (answer["scaled_to"], answer["members"][0]["flags"]) == ("a", ["shared", "loaded", "partial"])
    write_front(shown, None, "csv")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["flags"] for row in rows] == ["shared loaded partial", "", "", ""]


def test_tunings_are_told(front, capsys):
    write_front(replace(front, tunings={"a": {"net, 128 images": DEFAULT}}), None, "table")
    assert f"steps computed by {DEFAULT}" in capsys.readouterr().err.splitlines()
    other = DEFAULT.model_copy(update={"precision": "bf16"})
    write_front(replace(front, tunings={"a": {"one": DEFAULT, "two": other}}), None, "table")
    assert capsys.readouterr().err.startswith("steps computed in 2 ways, ")


def test_flags_of_trials_apart_are_told_as_theirs(front, capsys):
    best, second, *others = front.members
    flagged = replace(second, flags=("partly collapsed",)), replace(best, flags=("loaded",))
    write_front(replace(front, members=(flagged[1], *others), corner=flagged), None, "table")
    told = capsys.readouterr().err
    assert "of those apart, partly collapsed: " in told
    assert told.count("loaded: ") == 1


def test_csv_has_values_and_choices(front, capsys):
    write_front(front, None, "csv")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 4
    assert float(rows[0]["acc"]) == 0.98765432101234567
    assert (rows[1]["design"], rows[1]["decoder"]) == ("wab_ws", "reduced")


def test_a_table_marks_a_member_and_the_talk_names_it(front, capsys):
    write_front(front, Chosen(front.members[1], "knee"), "table")
    captured = capsys.readouterr()
    assert [line.split()[:2] for line in captured.out.splitlines() if "knee" in line] == [["knee", "7"]]
    assert "4 trials on the front, hypervolume 1.25e+08" in captured.err
    assert "knee: trial 7, acc 0.9700, time 4.50 s, params 6.71 M" in captured.err


def test_an_empty_front_is_no_error(front, capsys):
    empty = replace(front, members=(), reference_point=None, hypervolume=0.0)
    write_front(empty, None, "table")
    captured = capsys.readouterr()
    why = "`paretocaps report demo` has what failed, and why"
    assert (captured.out, captured.err) == ("", f"study demo: no trial to show; {why}\n")
    write_front(empty, None, "json")
    assert json.loads(capsys.readouterr().out)["members"] == []


def test_levels_are_marked_and_told(front, capsys):
    best, second, *others = front.members
    members = (replace(best, level={"acc": (7,)}), replace(second, level={"acc": (3,)}), *others)
    levelled = replace(front, members=members, validation_images=144)
    write_front(levelled, Chosen(levelled.members[1], "knee"), "table")
    told = capsys.readouterr()
    assert [line.split()[:2] for line in told.out.splitlines() if "≈" in line] == [["3", "≈"], ["knee", "7"]]
    assert "\n≈: level with the best of its column, trial 3 in acc; " in told.err
    assert "\n144 validation images: one is 0.7 points of acc\n" in told.err
    assert told.err.splitlines()[-3].endswith("; level in acc with trial 3")


def test_the_knee_is_marked_and_the_next_command_trains_it(front, capsys):
    knee = Front.from_record(front).knee().trial
    write_front(front, None, "table", "sqlite:///a b.db")
    told = capsys.readouterr()
    assert f"knee {knee}" in told.out
    assert f"knee: trial {knee}, " in told.err
    assert told.err.splitlines()[-1] == (
        f"paretocaps train demo --trial {knee} --storage 'sqlite:///a b.db'  # train it fully"
    )
    write_front(front, Chosen(front.members[0], "pick"), "table")
    told = capsys.readouterr()
    assert "knee" not in told.out
    assert told.err.splitlines()[-1] == "paretocaps train demo --trial 3  # train it fully"


def test_what_only_python_trains_is_no_command(front, capsys):
    write_front(replace(front, trainer="train_svm@1"), Chosen(front.members[0], "pick"), "table")
    told = capsys.readouterr().err.splitlines()
    assert told[-1] == "paretocaps.train('demo', trial=3, trainer=train_svm)  # train it fully"
    write_front(replace(front, trainer=NAME), Chosen(front.members[0], "pick"), "table")
    assert "train it fully" not in capsys.readouterr().err


def test_where_no_trial_keeps_the_bounds_the_nearest_are_shown(front, capsys):
    bounds = parse_requirements("acc>=0.99")
    write_front(replace(front, members=(), nearest=front.members[:1], requirements=bounds), None, "table")
    told = capsys.readouterr()
    assert "misses acc>=0.99 by 0.2 points" in told.out
    assert told.err.startswith("the nearest trials are shown, because none keeps acc>=0.99; --all lifts")
    assert told.err.splitlines()[-1] == "paretocaps train demo --trial 3  # train it fully"


@pytest.mark.parametrize(
    ("form", "answer"),
    [("table", "(none)"), ("json", "[]"), ("csv", "trials,trial,training_seconds,hypervolume")],
)
def test_without_a_reference_point_there_is_no_history_and_a_note_says_so(form, answer, capsys):
    write_history([], form)
    captured = capsys.readouterr()
    assert captured.out.strip() == answer
    assert "which the first 8 finished trials fix" in captured.err


def test_the_history_is_shown_in_full_in_json_and_in_short_in_a_table(capsys):
    row = {"trials": 8, "trial": 9, "training_seconds": 61.25, "hypervolume": 0.123456}
    write_history([row], "json")
    assert json.loads(capsys.readouterr().out) == [row]
    write_history([row], "table")
    assert capsys.readouterr().out.splitlines()[-1].split() == ["8", "9", "1:01", "0.1235"]


def test_a_front_whose_trials_are_all_in_the_corner_says_so(front, capsys):
    gone = tuple(replace(member, flags=("collapsed",)) for member in front.members)
    write_front(replace(front, members=(), corner=gone), None, "table")
    said = capsys.readouterr().err
    assert "apart: collapsed; --all ranks those apart with the others" in said
    assert "what failed" not in said
