from paretocaps.domain.course import Course
from paretocaps.search.stopping.curves import Curves, Training, beaten_by, without


def test_trainings_are_compared_by_course_and_epoch_once_they_may_be():
    curves, pruned = Curves(), Course("", 3)
    curves.note(Training(0, Course(), 2, 5, (1.0,)))
    curves.note(Training(1, pruned, 2, 5, (2.0,)))
    curves.note(Training(1, pruned, 3, 5, (3.0,)))
    assert (curves.at(Course(), 2), curves.at(pruned, 3)) == ({0: (1.0,)}, {1: (3.0,)})
    assert curves.at(Course("one_cycle"), 2) == {}
    curves.note(Training(2, Course("one_cycle"), 3, 5, (4.0,)))
    assert curves.at(None, 3) == {1: (3.0,), 2: (4.0,)}


def test_the_front_has_the_finished_trials_that_none_beats():
    curves = Curves()
    assert curves.front() == {}
    for number, point in enumerate([(1.0, 3.0), (2.0, 2.0), (2.0, 3.0), (2.0, 2.0)]):
        curves.finish(number, point)
    assert curves.front() == {0: (1.0, 3.0), 1: (2.0, 2.0), 3: (2.0, 2.0)}


def test_one_beats_another_that_is_better_in_nothing_and_equal_not_in_all():
    others = {3: (1.0, 1.0), 1: (0.5, 1.0), 2: (0.0, 2.0)}
    assert beaten_by((1.0, 1.0), others) == [1]
    assert beaten_by((1.0, 1.0), {}) == []
    assert without(others, [1, 9]) == {3: (1.0, 1.0), 2: (0.0, 2.0)}
