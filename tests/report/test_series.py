import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.estimate import Estimate
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import OBJECTIVES, parse_objectives
from paretocaps.report.series import (
    Points,
    evenly,
    extent,
    hover_template,
    hover_texts,
    is_logarithmic,
    log_ticks,
    points,
    staircase,
    thinned,
)

ACC, TIME, PARAMS = parse_objectives("acc,time,params")


def test_trials_without_a_finite_value_are_not_points(trials, front):
    shown = points(trials, front.objectives)
    assert shown.trials == (0, 1, 2, 3)
    assert shown.column(1) == [10.0, 120.0, 12.0, 15.0]
    assert len(points([FrontMember(0, {}, {"acc": 0.5})], front.objectives)) == 0


def test_an_axis_has_room_for_intervals_but_not_for_all_of_a_wide_one(front):
    assert set(points(front.members, front.objectives).reach(0)) == {0.99, 0.98, 0.975}
    spans = [Estimate(0.98, 3, 0.01, 0.97, 0.99), Estimate(0.9, 2, 0.1, 0.0, 1.0)]
    members = [FrontMember(n, {}, {"acc": one.value}, estimates={"acc": one}) for n, one in enumerate(spans)]
    assert points(members, (ACC,)).reach(0) == pytest.approx([0.98, 0.9, 0.97, 0.99, 0.82, 1.0])
    times = [Estimate(3.0, 2, 1.0, 0.0, 9.0), Estimate(9.0, 2, 1.0, 8.5, 99.0)]
    members = [
        FrontMember(n, {}, {"time": one.value}, estimates={"time": one}) for n, one in enumerate(times)
    ]
    assert points(members, (TIME,)).reach(0) == [3.0, 9.0, 1.5, 9.0, 8.5, 15.0]
    assert points([], (TIME,)).reach(0) == []


def hover(member, objectives, brief=False):
    texts, template = hover_texts(member, objectives, brief), hover_template(objectives, brief)
    assert template.count("customdata") == len(texts)
    for index, text in enumerate(texts):
        template = template.replace(f"%{{customdata[{index}]}}", text)
    return template.removesuffix("<extra></extra>")


def test_hovering_shows_the_trial_and_its_choices(trials, front):
    lines = hover(trials[0], front.objectives).split("<br>")
    assert lines[0] == "<b>trial 0</b> (baseline), mean of 3 seeds"
    assert lines[1:4] == ["acc 0.9800", "time 10.0 s", "params 8.22 M"]
    row = replace(trials[0], trial=-1, design="CapsNet, 2", seeds=1)
    assert hover(row, front.objectives).split("<br>")[0] == "<b>trial of the paper</b> (CapsNet, 2)"
    assert lines[4:] == ["lr_policy=fixed, batch_schedule=constant, batch_size=128", "lr_max=0.001"]
    assert hover(trials[0], front.objectives, brief=True).split("<br>") == lines[:4]


def test_hovering_shows_markup_as_text():
    member = FrontMember(0, {"a": "<b>&"}, {}, design="<i>")
    text = hover(member, ())
    assert "&lt;b&gt;&amp;" in text
    assert "<i>" not in text


@pytest.mark.parametrize(
    ("objective", "values", "expected"),
    [
        (TIME, [1.0, 10.1], True),
        (TIME, [1.0, 10.0], False),
        (TIME, [0.0, 100.0], False),
        (TIME, [-1.0, 100.0], False),
        (TIME, [], False),
        (ACC, [0.01, 0.99], False),
    ],
)
def test_axes_are_logarithmic_where_less_is_better_over_more_than_a_decade(objective, values, expected):
    assert is_logarithmic(objective, values) is expected


def test_a_front_that_would_be_crowded_has_a_frame_of_its_own():
    span = extent(ACC, [0.97, 0.99], [0.1, 0.97, 0.98, 0.99])
    assert span.everything[0] < 0.1
    assert span.front == pytest.approx((0.9684, 0.9916))
    assert extent(ACC, [0.5, 0.99], [0.1, 0.5, 0.99]).front is None
    assert extent(ACC, [0.99], [0.1, 0.99]).front is None
    assert extent(ACC, [], [0.1, 0.99]).front is None


@pytest.mark.slow
@given(st.lists(st.floats(1e-3, 1e9), min_size=1, max_size=20))
def test_every_trial_is_inside_the_whole_frame(values):
    for objective in (ACC, TIME):
        span = extent(objective, values[:2], values)
        low, high = (10**bound for bound in span.everything) if span.log else span.everything
        assert low < min(values) <= max(values) < high


def test_log_ticks_are_round_numbers():
    assert log_ticks((math.log10(1.5), math.log10(60))) == [2, 5, 10, 20, 50]
    assert log_ticks((0.0, 6.0)) == [10.0**power for power in range(7)]


def pair(*rows):
    return Points(tuple(range(len(rows))), rows, ((),) * len(rows), "", ((),) * len(rows))


def test_the_step_line_of_a_maximized_over_a_minimized_objective():
    # acc over time: before 30 s nothing is better than what was had at 10 s
    shown = pair((0.9, 10.0), (0.95, 30.0), (0.92, 40.0))
    assert staircase(shown, (ACC, TIME), x=1, y=0) == [(10.0, 0.9), (30.0, 0.9), (30.0, 0.95)]


def test_the_step_line_of_two_minimized_objectives():
    shown = pair((10.0, 8e6), (30.0, 6e6), (40.0, 7e6))
    assert staircase(shown, (TIME, PARAMS), x=0, y=1) == [(10.0, 8e6), (30.0, 8e6), (30.0, 6e6)]


def test_the_step_line_over_a_maximized_objective():
    # time over acc: any accuracy above 0.9 costs 30 s at once
    shown = pair((0.9, 10.0), (0.95, 30.0))
    assert staircase(shown, (ACC, TIME), x=0, y=1) == [(0.9, 10.0), (0.9, 30.0), (0.95, 30.0)]


@pytest.mark.slow
@given(st.lists(st.tuples(*[st.integers(0, 6).map(float)] * 2), min_size=1, max_size=12), st.booleans())
def test_no_trial_lies_beyond_the_step_line(rows, maximized):
    objectives = (OBJECTIVES.get("acc" if maximized else "time"), PARAMS)
    corners = staircase(pair(*rows), objectives, x=0, y=1)
    sign = objectives[0].sign
    assert all((row[0], row[1]) in rows for row in (corners[0], corners[-1]))
    for x, y in rows:
        better = [corner for corner in corners if sign * corner[0] <= sign * x and corner[1] <= y]
        assert better


def test_one_point_is_a_line_without_length_and_none_is_no_line():
    assert staircase(pair((1.0, 2.0)), (TIME, PARAMS), 0, 1) == [(1.0, 2.0)]
    assert staircase(pair(), (TIME, PARAMS), 0, 1) == []


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=300), st.integers(4, 60))
def test_thinning_keeps_ends_and_extremes(values, limit):
    kept = thinned(len(values), limit, values)
    assert kept == sorted(set(kept))
    assert len(kept) <= max(limit, 4)
    assert (kept[0], kept[-1]) == (0, len(values) - 1)
    assert {min(values), max(values)} <= {values[index] for index in kept}


def test_evenly_spaced_indices():
    assert evenly(5, 12) == [0, 1, 2, 3, 4]
    assert evenly(100, 5) == [0, 25, 50, 74, 99]
    assert evenly(0, 5) == []


def test_hovering_shows_no_folder_of_the_machine():
    text = hover(FrontMember(0, {"checkpoint": "/home/me/secret/resnet18.safetensors"}, {}), ())
    assert "checkpoint=resnet18.safetensors" in text
