import csv
import io
import json
from dataclasses import dataclass

import pytest

from paretocaps.domain.quantities.quantities import QUANTITIES
from paretocaps.domain.quantities.quantity import Quantity


@pytest.fixture
def front(run, towers):
    """Run `front` on the storage of one study of towers."""
    return lambda *arguments: run("front", "--storage", towers, *arguments)


def members(result):
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)["members"]


def test_json_is_complete_and_unrounded(front):
    answer = json.loads(front("t", "--all", "--format", "json").stdout)
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
    assert [objective["name"] for objective in answer["objectives"]] == ["acc", "time", "params"]
    accuracies = [member["acc"] for member in answer["members"]]
    assert accuracies == sorted(accuracies, reverse=True)
    assert 0.7 + 0.05 * 3 in accuracies


def test_the_study_may_be_left_out_where_there_is_one(front):
    assert members(front("--format", "json")) == members(front("t", "--format", "json"))


def test_requirements_and_objectives_make_another_view(front):
    kept = members(front("t", "--require", "acc>=0.8,time<5", "--format", "json"))
    assert kept
    assert all(member["acc"] >= 0.8 and member["time"] < 5 for member in kept)
    flat = json.loads(front("t", "--objectives", "acc,wall", "--format", "json").stdout)
    assert [objective["name"] for objective in flat["objectives"]] == ["acc", "wall"]


@dataclass(frozen=True)
class Mine(Quantity):
    """Some seconds more or less than a training took."""

    x: float

    kind = "mine"
    example = "mine(x=1)"

    @property
    def description(self):
        return f"{self.x:g} seconds less than a training took"

    def of(self, measurement):
        return measurement.time - self.x


def test_a_stored_study_is_asked_for_a_quantity_that_is_registered_later(front, monkeypatch):
    monkeypatch.setattr(QUANTITIES, "_entries", {**QUANTITIES._entries})
    QUANTITIES.register("mine", Mine)
    answer = json.loads(front("t", "--objectives", "acc,mine(x=2)", "--format", "json").stdout)
    assert [objective["name"] for objective in answer["objectives"]] == ["acc", "mine(x=2)"]
    assert [member["mine(x=2)"] for member in answer["members"]] == [
        member["time"] - 2 for member in answer["members"]
    ]
    refused = front("t", "--objectives", "acc,mine")
    assert (refused.exit_code, "write mine(x=1)" in refused.stderr) == (2, True)


def test_the_study_s_bounds_hold_until_others_are_given_or_all_are_lifted(front):
    own, asked, everything = (
        front("t", *bounds, "--format", "json") for bounds in ((), ("--require", "acc>=0.85"), ("--all",))
    )
    assert min(member["acc"] for member in members(own)) >= 0.9
    assert 0.85 <= min(member["acc"] for member in members(asked)) < 0.9
    assert min(member["acc"] for member in members(everything)) < 0.85
    assert own.stderr == "only trials with acc>=0.9; --all lifts the bounds\n"
    assert everything.stderr == ""


def test_csv_has_a_row_a_member(front):
    rows = list(csv.DictReader(io.StringIO(front("t", "--format", "csv").stdout)))
    assert len(rows) == len(members(front("t", "--format", "json")))
    assert {"trial", "acc", "time", "params", "floors", "painted"} <= set(rows[0])


def test_json_and_csv_have_the_interval_of_each_value(front):
    (first, *_) = members(front("t", "--format", "json"))
    (row, *_) = csv.DictReader(io.StringIO(front("t", "--format", "csv").stdout))
    ends = {f"{name}_{end}" for name in ("acc", "time", "params") for end in ("sd", "low", "high")}
    assert {"n", *ends} <= set(first)
    assert {"n", *ends} <= set(row)
    assert first["n"] == 1
    assert first["acc_low"] < first["acc"] < first["acc_high"]
    assert float(row["acc_low"]) == first["acc_low"]
    assert (first["time_low"], row["time_low"]) == (None, "")


def test_a_table_marks_the_knee_or_what_was_picked(front):
    knee = members(front("t", "--knee", "--format", "json"))
    assert len(knee) == 1
    table = front("t", "--knee")
    assert [line.split()[1] for line in table.stdout.splitlines() if line.startswith("knee")] == [
        str(knee[0]["trial"])
    ]
    best = members(front("t", "--prefer", "acc=1,time=0,params=0", "--format", "json"))
    assert best[0]["acc"] == max(m["acc"] for m in members(front("t", "--format", "json")))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nobody"], "nobody"),
        (["t", "--objectives", "acc"], "at least two"),
        (["t", "--objectives", "acc,memory"], "memory"),
        (["t", "--require", "acc=1"], "acc>=0.9"),
        (["t", "--prefer", "memory=1"], "memory"),
        (["t", "--prefer", "acc=x"], "acc=0.6,time=0.4"),
        (["t", "--knee", "--prefer", "acc=1"], "give one of them"),
        (["t", "--storage", "sqlite:///none.db"], "none.db"),
        (["t", "--format", "yaml"], "yaml"),
        (["t", "--scale-to", "papyrus"], "did you mean 'paper'"),
        (["t", "--scale-to", "paper", "--measured-on", "paper"], "give one of the two"),
    ],
)
def test_wrong_use_is_one_line(front, arguments, message):
    result = front(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr


def test_the_study_may_be_named_by_an_option(front):
    assert members(front("--study", "t", "--format", "json")) == members(front("t", "--format", "json"))


@pytest.mark.parametrize(
    ("old", "new", "value"), [("--pick", "--prefer", "acc=1"), ("--device", "--measured-on", "paper")]
)
def test_an_old_flag_still_works_and_is_answered_with_one_note(front, old, new, value):
    result = front("t", old, value, "--all", "--format", "json")
    assert members(result) == members(front("t", new, value, "--all", "--format", "json"))
    assert result.stderr == f"{old} is now {new}; the old name is removed in 0.3\n"


@pytest.mark.slow
def test_it_imports_neither_torch_nor_what_draws(towers, loaded_by):
    modules = loaded_by("front", "t", "--storage", towers, "--knee")
    assert "sqlalchemy" in modules
    assert not modules & {"torch", "optuna", "pandas", "plotly"}


def test_a_trainer_that_judges_nothing_has_no_test_accuracies(front):
    shown = front("t", "--all", "--test")
    assert shown.exit_code == 0, shown.stderr
    assert "acc ↑" in shown.stdout


def test_the_history_ends_with_the_hypervolume_of_the_front(front):
    for bounds in ((), ("--all",), ("--require", "acc>=0.85")):
        (*_, last) = json.loads(front("t", "--history", "--format", "json", *bounds).stdout)
        whole = json.loads(front("t", "--format", "json", *bounds).stdout)
        assert last["hypervolume"] == pytest.approx(whole["hypervolume_share"])
    assert front("t", "--history", "--knee").exit_code == 2
    for where in ((), ("--history",)):
        refused = front("t", "--data", ".", *where)
        assert (refused.exit_code, "give --test" in refused.stderr) == (2, True)
