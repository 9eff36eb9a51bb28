import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.domain.course import Course
from paretocaps.domain.objective import parse_objectives
from paretocaps.search.stopping.curves import Curves, Training, beaten_by, without
from paretocaps.search.stopping.rungs import MARGIN, Rungs, is_among_first, rungs, spread

OBJECTIVES = parse_objectives("acc,time,params")
POINTS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(1, 8), st.integers(1, 4)).map(
        lambda p: (-p[0] / 8, *map(float, p[1:]))
    ),
    min_size=1,
    max_size=20,
)


def verdict(points, objectives=OBJECTIVES, *, epoch=2, course=Course()):  # noqa: B008
    curves = Curves()
    for number, point in enumerate(points):
        training = Training(number, course, epoch, 8, tuple(point))
        curves.note(training)
    return Rungs(objectives).verdict(training, curves)


@pytest.mark.parametrize(
    ("judged_from", "epochs", "found"),
    [(1, 2, []), (1, 5, [2, 4]), (1, 15, [2, 4, 8]), (4, 5, [4]), (9, 15, [10]), (3, 15, [4, 8])],
)
def test_rungs_are_powers_of_two_and_wait_for_the_pruning(judged_from, epochs, found):
    assert rungs(judged_from, epochs) == found


@given(POINTS)
def test_what_no_training_beats_is_never_stopped(points):
    if not beaten_by(points[-1], dict(enumerate(points[:-1]))):
        assert verdict(points).goes_on


@given(POINTS)
def test_what_is_stopped_is_beaten_by_more_than_the_margin_and_is_not_in_the_first_half(points):
    found = verdict(points)
    if not found.goes_on:
        acc, *rest = points[-1]
        assert beaten_by((acc - MARGIN, *rest), dict(enumerate(points[:-1])))
        assert not is_among_first(len(points) - 1, dict(enumerate(points)), -(-len(points) // 2))


@given(POINTS, st.permutations(range(3)), st.sampled_from([1 / 1024, 2.0, 4096.0]))
def test_another_order_of_objectives_and_another_unit_of_time_change_nothing(points, order, unit):
    rescaled = [(acc, unit * time, params) for acc, time, params in points]
    other = verdict(
        [tuple(point[place] for place in order) for point in rescaled], [OBJECTIVES[place] for place in order]
    )
    assert (other.goes_on, other.reason) == (verdict(points).goes_on, verdict(points).reason)


@settings(max_examples=30)
@given(POINTS, st.integers(1, 20))
def test_so_many_are_among_the_first(points, quota):
    numbered = dict(enumerate(points))
    first = [number for number in numbered if is_among_first(number, numbered, quota)]
    assert len(first) == min(quota, len(points))
    better = [beaten_by(points[number], without(numbered, first)) for number in first]
    assert better == [[]] * len(first)


def test_of_equal_ranks_those_that_are_far_apart_come_first():
    line = np.array([[0.0, 1.0], [0.1, 0.9], [0.45, 0.5], [0.9, 0.1], [1.0, 0.0]])
    assert sorted(spread(line, 3)) == [0, 2, 4]


def test_few_trainings_are_no_ground_to_stop():
    poor = [(-0.9, 1.0, 1.0)] * 2 + [(-0.1, 9.0, 9.0)]
    assert verdict(poor).goes_on
    assert not verdict([(-0.9, 1.0, 1.0), *poor]).goes_on


def test_nothing_is_decided_between_rungs_and_before_the_pruning():
    poor = [(-0.9, 1.0, 1.0)] * 4 + [(-0.1, 9.0, 9.0)]
    assert verdict(poor, epoch=3) is None
    assert verdict(poor, course=Course("", 3)) is None
    assert not verdict(poor, epoch=4, course=Course("", 3)).goes_on


def test_trainings_of_another_course_do_not_compare(asked):
    _, curves = asked([(-0.9, 1, 1)] * 5)
    other = Training(9, Course("one_cycle"), 2, 8, (-0.1, 9.0, 9.0))
    curves.note(other)
    assert Rungs(OBJECTIVES).verdict(other, curves).goes_on


def test_a_stopped_training_is_promising_where_no_member_of_the_front_was_better_then(asked):
    training, curves = asked([(-0.9, 1, 1), (-0.5, 5, 5), (-0.4, 6, 6)])
    assert Rungs(OBJECTIVES).promising(training, curves) is None  # there is no front
    curves.finish(0, (-0.9, 1.0, 1.0))
    assert Rungs(OBJECTIVES).promising(training, curves) is None
    curves.finish(1, (-0.99, 0.5, 0.5))  # the first is no member any more, and the second was better, too
    assert Rungs(OBJECTIVES).promising(training, curves) is None
    curves.note(Training(1, Course(), 2, 8, (-0.1, 5.0, 7.0)))
    assert Rungs(OBJECTIVES).promising(training, curves).goes_on


def test_the_reason_names_those_that_are_better():
    points = [(-0.9, 1.0, float(number)) for number in range(1, 6)] + [(-0.1, 9.0, 9.0)]
    found = verdict(points)
    assert found.reason == "beaten by trials 0, 1, 2 and 2 more, of 6 at this epoch"
    assert found.seen == {"trainings": 6, "beaten_by": [0, 1, 2, 3, 4]}
