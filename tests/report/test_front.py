from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from paretocaps.domain.front_record import FrontRecord
from paretocaps.domain.requirement import parse_requirements
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.pareto.decision import knee
from paretocaps.report.front import Front


def test_it_is_the_record_with_methods(front):
    full = Front.from_record(front)
    assert full.as_dict() == front.as_dict()
    assert isinstance(full, FrontRecord)
    assert [member.trial for member in full] == [1, 0, 2]
    assert (len(full), full.hypervolume, full.study) == (3, 1.25e7, "demo")


def test_the_frame_has_quantities_and_choices(front):
    frame = Front.from_record(front).to_frame()
    assert list(frame.columns[:6]) == ["trial", "design", "seeds", "flags", "n", "acc"]
    assert {"acc_sd", "acc_low", "acc_high", "time", "params", "wall_high", "lr_max"} < set(frame.columns)
    assert frame["time"].tolist() == [120.0, 10.0, 12.0]
    assert frame["trial"].dtype == np.int64
    assert frame["time"].dtype == np.float64
    assert frame.loc[1, "seeds"] == 3
    assert pd.isna(frame.loc[0, "batch_size"])
    assert frame.loc[2, "weight_sharing"] is True


def test_an_empty_front_is_an_empty_frame(front):
    empty = Front("demo", front.objectives, None, 0.0, ())
    frame = empty.to_frame()
    assert (len(frame), len(frame.columns)) == (0, 5 + 3 * 4)
    with pytest.raises(UsageError, match="study 'demo' has no trial on its front: train more trials"):
        empty.knee()
    with pytest.raises(UsageError, match="the front of study 'demo' has no member to draw"):
        empty.plot()
    bounded = replace(empty, requirements=parse_requirements(["acc>=0.9"]))
    with pytest.raises(UsageError, match="no trial on its front that keeps acc>=0.9: give other bounds"):
        bounded.pick({"acc": 1})


def test_decisions_return_members(front):
    full = Front.from_record(front)
    values = [[member.values[o.name] for o in front.objectives] for member in front.members]
    assert full.knee() is front.members[knee(values, front.objectives)]
    assert full.pick({"acc": 1}).trial == 1
    assert full.pick({"time": 1}).trial == 0
    assert full.pick({"params": 1}).trial == 2
    with pytest.raises(UnknownNameError, match="wall"):
        full.pick({"wall": 1})


def test_it_is_a_sequence_with_a_short_text(front):
    full = Front.from_record(front)
    assert full[0] is front.members[0]
    assert full[-2:] == front.members[-2:]
    assert repr(full) == "<Front of 'demo': 3 members over acc, time, params>"


def test_it_is_drawn_over_two_or_three_objectives(front):
    full = Front.from_record(front)
    assert {trace.type for trace in full.plot().data} == {"scatter3d"}
    flat = full.plot("acc", "time")
    assert flat.layout.title.text == "acc over time"
    with pytest.raises(
        UsageError, match="1 objective cannot be drawn: name two or three of acc, time, params"
    ):
        full.plot("acc")
    with pytest.raises(UnknownNameError, match="unknown objective of this front 'tim': did you mean 'time'"):
        full.plot("acc", "tim")


def test_a_notebook_shows_a_table_with_the_knee_in_bold(front):
    full = Front.from_record(front)
    shown = full._repr_html_()
    assert shown.count("<tr>") == 4
    assert f"<strong>{full.knee().trial}</strong>" in shown
    assert "<th>beside the baseline</th>" in shown
    assert "0 members" in replace(full, members=())._repr_html_()
