import pytest

from paretocaps.domain.objective import parse_objectives
from paretocaps.errors import UsageError
from paretocaps.pareto.aspiration import nearest_to

OBJECTIVES = parse_objectives("acc,time")
VALUES = [[0.99, 100.0], [0.98, 50.0], [0.95, 20.0], [0.80, 5.0], [0.79, 6.0]]


def test_a_member_that_meets_all_aims_is_taken():
    assert nearest_to(VALUES, OBJECTIVES, {"acc": 0.98, "time": 60}) == 1
    assert nearest_to(VALUES, OBJECTIVES, {"acc": 0.70, "time": 10}) == 3


def test_where_none_meets_them_the_nearest_is_taken():
    assert nearest_to(VALUES, OBJECTIVES, {"acc": 0.985, "time": 5}) == 2
    assert nearest_to(VALUES, OBJECTIVES, {"acc": 1.0}) == 0


def test_the_scale_of_an_objective_does_not_matter():
    longer = [[acc, 1000 * time] for acc, time in VALUES]
    assert nearest_to(longer, OBJECTIVES, {"acc": 0.98, "time": 60_000}) == 1


def test_no_aim_and_no_front_are_refused():
    with pytest.raises(UsageError, match="no aim"):
        nearest_to(VALUES, OBJECTIVES, {"params": 3})
    with pytest.raises(UsageError, match="empty"):
        nearest_to([[float("nan"), 1.0]], OBJECTIVES, {"acc": 0.9})


def test_an_aim_for_what_all_have_tells_nothing_apart():
    objectives = parse_objectives("acc,time,params")
    values = [[0.99, 100.0, 8e6], [0.95, 20.0, 8e6], [0.80, 5.0, 8e6]]
    assert nearest_to(values, objectives, {"acc": 0.98, "params": 1e6}) == 0
