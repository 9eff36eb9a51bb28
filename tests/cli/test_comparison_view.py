import json
from dataclasses import replace

import pytest

from paretocaps.cli.comparison_view import write_comparison
from paretocaps.report.front import Front
from paretocaps.service import Comparison


@pytest.fixture
def comparison(front):
    own = Front.from_record(front)
    beaten = {("demo", 9): ("demo", 3)}
    return Comparison(
        own.objectives, (own,), (0.1, 20.0, 9e6), (1.0, 0.0, 0.0), (0.25,), 0.25, beaten, ("a remark",)
    )


def test_a_table_has_studies_and_members(comparison, capsys):
    write_comparison(comparison, "table")
    out, err = capsys.readouterr()
    assert out.splitlines()[2].split() == ["demo", "4", "3", "0.2500"]
    assert "demo 3" in next(line for line in out.splitlines() if line.split()[:2] == ["demo", "9"])
    assert err == "a remark\n"


def test_json_and_csv_have_every_member(comparison, capsys):
    write_comparison(comparison, "json")
    found = json.loads(capsys.readouterr().out)
    assert [row["trial"] for row in found["members"]] == [3, 7, 9, 5]
    assert found["studies"] == [{"study": "demo", "members": 4, "unbeaten": 3, "hypervolume_share": 0.25}]
    write_comparison(comparison, "csv")
    assert capsys.readouterr().out.count("\n") == 5


def test_a_choice_that_is_called_as_a_column_is_told_apart(comparison, capsys):
    (own,) = comparison.fronts
    members = [replace(one, choices={**one.choices, "trial": "mine"}) for one in own.members]
    write_comparison(replace(comparison, fronts=(replace(own, members=tuple(members)),)), "csv")
    head, first, *_ = capsys.readouterr().out.splitlines()
    row = dict(zip(head.split(","), first.split(","), strict=True))
    assert (row["trial"], row["choice_trial"]) == ("3", "mine")
