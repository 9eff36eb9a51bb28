import csv
import io
import json

import pytest

from paretocaps.cli.evaluation_view import write_evaluation

ROW = {"name": "cat", "precision": 0.5, "recall": 0.25, "f1": 1 / 3, "support": 1200, "auc": None}
FOUND = {
    "networks": ["net"],
    "data": "digits",
    "part": "test",
    "device": "some CPU",
    "precision": "float32",
    "images": 2400,
    "acc": 0.98765,
    "interval": [0.97, 0.99],
    "top5": None,
    "macro": {"precision": 0.5, "recall": 0.25, "f1": 1 / 3},
    "auc": 0.9,
    "classes": [ROW, {**ROW, "name": "dog", "auc": 0.75}],
    "ece": 0.125,
    "confidence": "the length of the class's capsule",
    "robust": {"mean": 0.625, "transforms": []},
    "members": [],
}


def test_the_table_has_headlines_and_a_row_a_class(capsys):
    write_evaluation(FOUND, "table")
    shown = capsys.readouterr()
    assert shown.err == "2,400 images of the test part of digits, on some CPU\ncomputed in float32\n"
    assert shown.out.startswith("accuracy  0.9877 (95 % interval 0.9700 to 0.9900)\n")
    assert "robust    0.6250" in shown.out
    assert "top 5" not in shown.out
    rows = [line.split() for line in shown.out.splitlines()]
    assert ["cat", "0.5000", "0.2500", "0.3333", "1,200", "-"] in rows
    assert ["dog", "0.5000", "0.2500", "0.3333", "1,200", "0.7500"] in rows


def test_another_precision_than_that_of_predict_is_told(capsys):
    write_evaluation({**FOUND, "precision": "bfloat16"}, "table")
    shown = capsys.readouterr()
    assert "computed in bfloat16; exports are evaluated in float32, as `predict` computes" in shown.err
    assert "ECE       0.1250 (the confidence is the length of the class's capsule)" in shown.out


def test_what_was_not_measured_is_left_out(capsys):
    write_evaluation({**FOUND, "robust": None}, "table")
    assert "robust" not in capsys.readouterr().out


def test_members_stand_beside_an_ensemble(capsys):
    write_evaluation({**FOUND, "members": [{"name": "a", "acc": 0.5}, {"name": "b", "acc": 0.75}]}, "table")
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["a", "0.5000"] in rows
    assert ["b", "0.7500"] in rows


@pytest.mark.parametrize("form", ["json", "csv"])
def test_programs_read_it_unrounded(capsys, form):
    write_evaluation(FOUND, form)
    shown = capsys.readouterr()
    assert shown.err == ""
    if form == "json":
        assert json.loads(shown.out) == FOUND
    else:
        rows = list(csv.DictReader(io.StringIO(shown.out)))
        assert [(row["name"], float(row["f1"]), row["auc"]) for row in rows] == [
            ("cat", 1 / 3, ""),
            ("dog", 1 / 3, "0.75"),
        ]
