import pytest

from paretocaps.domain.objective import parse_objectives
from paretocaps.pareto.compromise import Compromise, compromise
from paretocaps.pareto.decision import knee

TWO = parse_objectives("acc,time")
NONE, ACC, TIME, BOTH = (), ("acc",), ("time",), ("acc", "time")
# best, improvable, costly, nearest, tied
CASES = {
    "one member": ([[0.9, 5.0]], NONE, NONE, True, True, False),
    "equal members": ([[0.9, 5.0], [0.9, 5.0]], NONE, NONE, True, True, False),
    "one beats the others": ([[0.9, 5.0], [0.8, 6.0]], NONE, NONE, True, True, False),
    "two extremes": ([[0.8, 5.0], [0.95, 20.0]], ACC, TIME, False, True, True),
    "an end that hardly loses": ([[0.90, 5.0], [0.91, 50.0]], TIME, ACC, True, True, False),
    "an elbow": ([[0.8, 5.0], [0.9, 100.0], [0.89, 5.5]], NONE, BOTH, True, True, False),
    "a straight front": ([[0.84, 1.0], [0.92, 2.0], [0.96, 4.0]], NONE, BOTH, False, True, False),
}


@pytest.mark.parametrize("name", CASES)
def test_how_a_knee_stands(name):
    values, *expected = CASES[name]
    assert compromise(values, TWO, knee(values, TWO)) == Compromise(*expected)


def test_what_is_the_same_for_all_counts_as_nothing():
    objectives = parse_objectives("acc,time,params")
    found = compromise([[0.90, 5.0, 7], [0.91, 50.0, 7]], objectives, 0)
    assert (found.best, found.improvable) == (TIME, ACC)


def test_a_row_that_is_not_on_the_front_has_no_standing():
    with pytest.raises(ValueError, match="1 is not in list"):
        compromise([[0.9, 5.0], [0.8, 6.0]], TWO, 1)
