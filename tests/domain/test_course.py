from paretocaps.domain.course import Course


def test_by_default_trainings_compare_from_their_first_epoch():
    assert (Course(), Course().judged_from) == (Course(name=""), 1)
