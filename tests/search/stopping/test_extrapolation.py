from dataclasses import replace

import pytest

from paretocaps.domain.course import Course
from paretocaps.search.stopping.extrapolation import extrapolated


@pytest.fixture
def grown(asked):
    """Errors that go down to 1/2, 1/4 and 1/8, times that grow 2, 3 and 4 times; and one more training."""
    ends = {0: (-0.8, 2, 1), 1: (-0.9, 3, 1), 2: (-0.95, 4, 1)}
    return asked([(-0.6, 1, 1)] * 3 + [(-0.2, 1, 2)], finals=ends)


@pytest.mark.parametrize(("share", "error", "time"), [(0.25, 0.1, 2), (0.5, 0.2, 3), (0.75, 0.4, 4)])
def test_it_takes_a_quantile_of_the_factors(grown, objectives, share, error, time):
    assert extrapolated(*grown, objectives, share) == pytest.approx((error - 1, time, 2))


def test_too_few_finished_trainings_give_nothing(grown, objectives):
    assert extrapolated(*grown, objectives, 0.2) is None


def test_where_too_few_of_its_course_have_finished_those_of_all_courses_tell(grown, objectives):
    training, curves = grown
    other = replace(training, trial=9, course=Course("one_cycle"))
    curves.note(other)
    assert extrapolated(other, curves, objectives, 0.5) == extrapolated(training, curves, objectives, 0.5)
    curves.note(replace(training, trial=8, course=Course("one_cycle")))
    curves.finish(8, (-0.3, 9.0, 2.0))
    assert extrapolated(other, curves, objectives, 0.5) == pytest.approx((-0.3, 9, 2))


def test_what_has_no_error_keeps_none(asked, objectives):
    training, curves = asked([(-1, 1, 1), (-0.5, 1, 1)], finals={0: (-1, 1, 1)})
    assert extrapolated(training, curves, objectives, 0.5) == pytest.approx((-0.5, 1, 1))
