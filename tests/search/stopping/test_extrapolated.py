import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.course import Course
from paretocaps.domain.objective import parse_objectives
from paretocaps.search.stopping.curves import Curves, Training, beaten_by
from paretocaps.search.stopping.extrapolated import Extrapolated

OBJECTIVES = parse_objectives("acc,time,params")
POINT = st.tuples(st.floats(-0.99, -0.01), st.floats(0.1, 9.0), st.floats(1.0, 9.0))


@pytest.fixture
def many(asked):
    """Curves of nine finished trainings: the error halves, and the time doubles; and one more training."""

    def many(last, objectives=(0, 1, 2), unit=1.0, finished=9):
        def own(point):
            acc, time, params = point
            return tuple((acc, unit * time, params)[place] for place in objectives)

        points = [(-0.8, 1.0 + number / 100, 5.0) for number in range(finished)]
        finals = {number: own((-0.9, 2 * time, size)) for number, (_, time, size) in enumerate(points)}
        training, curves = asked([*map(own, points), own(last)], finals=finals)
        return Extrapolated([OBJECTIVES[place] for place in objectives]).verdict(training, curves)

    return many


def test_it_stops_what_is_beaten_even_at_its_best(many):
    found = many((-0.7, 3.0, 5.0))  # 0.85 at 6 s
    assert not found.goes_on
    assert found.reason == "trial 0 beats what it may come to (acc 0.85, time 6, params 5)"
    assert found.seen["beaten_by"][0] == 0


@pytest.mark.parametrize("point", [(-0.81, 3.0, 5.0), (-0.7, 0.9, 5.0), (-0.7, 3.0, 4.0)])
def test_it_lets_go_on_what_may_come_to_stand_on_the_front(many, point):
    assert many(point).goes_on


def test_with_fewer_finished_trainings_the_confidence_is_too_low(many):
    assert many((-0.1, 9.0, 9.0), finished=8) is None


@given(
    st.lists(st.tuples(POINT, st.tuples(st.floats(0.05, 1.0), st.floats(1.0, 3.0))), min_size=9, max_size=40),
    POINT,
)
def test_what_no_training_beats_at_its_epoch_is_never_stopped(finished, point):
    """However the finished ones went on from there: their errors shrank, and their times grew."""
    curves = Curves()
    for number, ((acc, time, size), (less, longer)) in enumerate(finished):
        curves.note(Training(number, Course(), 2, 8, (acc, time, size)))
        curves.finish(number, (-1.0 + less * (1.0 + acc), longer * time, size))
    training = Training(len(finished), Course(), 2, 8, point)
    curves.note(training)
    found = Extrapolated(OBJECTIVES).verdict(training, curves)
    assert found.goes_on or beaten_by(point, {n: now for n, (now, _) in enumerate(finished)})


def test_what_nothing_beats_yet_goes_on_although_others_came_to_more(asked):
    """Nineteen trainings stood as this one does; their errors then shrank to a tenth."""
    points = [(-0.8, 1.0, 5.0)] * 20
    training, curves = asked(points, finals=dict.fromkeys(range(19), (-0.98, 1.0, 5.0)))
    curves.finish(0, (-0.999, 0.9, 5.0))
    found = Extrapolated(OBJECTIVES).verdict(training, curves)
    assert (found.goes_on, found.reason) == (True, "no training at this epoch beats it")


@given(
    POINT,
    st.permutations(range(3)),
    st.sampled_from([2.0**-20, 1.0, 1024.0, 60.0, 1e-3]),
)
def test_another_order_of_objectives_and_another_unit_of_time_change_nothing(point, order, unit):
    verdicts = []
    for places, scale in ((range(3), 1.0), (order, unit)):
        curves = Curves()
        for number in range(20):
            then = (
                (-0.8, scale * (1.0 + number / 128), 5.0)
                if number < 19
                else (point[0], scale * point[1], point[2])
            )
            training = Training(number, Course(), 2, 8, tuple(then[place] for place in places))
            curves.note(training)
            if number < 19:
                end = (-0.9, 2 * then[1], 5.0)
                curves.finish(number, tuple(end[place] for place in places))
        verdicts.append(
            Extrapolated([OBJECTIVES[place] for place in places]).verdict(training, curves).goes_on
        )
    assert verdicts[0] == verdicts[1]


def test_a_stopped_training_is_promising_as_soon_as_it_may_stand_on_the_front(asked):
    points = [(-0.8, 1.0, 5.0)] * 9 + [(-0.7, 1.0, 5.0)]
    training, curves = asked(points, finals=dict.fromkeys(range(19), (-0.9, 2.0, 5.0)))
    rule = Extrapolated(OBJECTIVES)
    assert (rule.verdict(training, curves).goes_on, rule.promising(training, curves)) == (False, None)
    curves.note(Training(20, Course(), 2, 8, (-0.5, 1.0, 5.0)))
    curves.finish(20, (-0.95, 2.0, 5.0))  # an error of a tenth
    assert rule.promising(training, curves).goes_on


def test_it_waits_for_the_pruning(asked):
    training, curves = asked([(-0.8, 1, 1)] * 30, course=Course("", 3))
    assert Extrapolated(OBJECTIVES).verdict(training, curves) is None


def test_what_has_no_best_value_cannot_be_extrapolated():
    speed = dataclasses.replace(OBJECTIVES[1], name="speed", direction="maximize")
    assert Extrapolated.why_not([speed]) == "speed has no best value, to which it could be extrapolated"
    assert Extrapolated.why_not(OBJECTIVES) == ""
