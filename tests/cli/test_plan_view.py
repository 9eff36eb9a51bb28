import csv
import io
import json

import pytest

from paretocaps.cli.plan_view import curves, write_plan


class TwoEpochs:
    """A schedule of two epochs of 500 steps: a falling learning rate, a batch size that doubles."""

    rows = [  # noqa: RUF012
        {"epoch": 1, "batch_size": 1, "steps": 500, "lr_first": 0.001, "lr_last": 0.0005},
        {"epoch": 2, "batch_size": 2, "steps": 250, "lr_first": 0.0005, "lr_last": 0.00012345678901234567},
    ]

    def curve(self):
        steps = list(range(750))
        return steps, [0.001 / (1 + step) for step in steps], [1] * 500 + [2] * 250


def test_json_and_csv_have_a_row_an_epoch_and_no_drawing(capsys):
    write_plan(TwoEpochs(), "json", draw=True)
    assert json.loads(capsys.readouterr().out) == TwoEpochs.rows
    write_plan(TwoEpochs(), "csv", draw=True)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert float(rows[1]["lr_last"]) == TwoEpochs.rows[1]["lr_last"]


def test_a_table_is_not_drawn_on_unless_asked_or_on_a_terminal(capsys):
    write_plan(TwoEpochs(), "table", draw=None)
    assert len(capsys.readouterr().out.splitlines()) == 4
    write_plan(TwoEpochs(), "table", draw=True)
    text = capsys.readouterr().out
    assert "learning rate" in text
    assert "batch size (logarithmic)" in text
    assert "749 steps" in text


@pytest.mark.parametrize("width", [40, 79, 139])
def test_the_curves_fit(width):
    assert max(map(len, curves(TwoEpochs(), width, braille=True))) <= width
