import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from paretocaps.domain.objective import Objective, parse_objectives
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.pareto.decision import knee, pick
from paretocaps.pareto.dominance import rank

TWO = parse_objectives("acc,time")
THREE = parse_objectives("acc,time,params")
# a front with an elbow: from row 2 on more time buys almost no accuracy
ELBOW = [[0.50, 1.0], [0.80, 2.0], [0.95, 3.0], [0.96, 20.0], [0.97, 40.0], [0.975, 60.0], [0.98, 80.0]]


def test_the_knee_is_the_elbow():
    assert knee(ELBOW, TWO) == 2


def test_the_knee_does_not_depend_on_the_units():
    scaled = [[100 * acc, time / 3600] for acc, time in ELBOW]
    assert knee(scaled, TWO) == 2


def test_rows_that_are_beaten_or_not_finite_are_never_the_answer():
    values = [[0.1, 500.0], [np.nan, 0.0], *ELBOW, [1.0, np.inf], [0.94, 4.0]]
    assert knee(values, TWO) == 4
    assert pick(values, TWO, {"acc": 1.0}) == 8


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[0.9, 5.0]], 0),
        ([[0.8, 5.0], [0.9, 9.0]], 1),  # two extremes: the better one in the first objective
        ([[0.8, 5.0], [0.9, 9.0], [0.89, 5.5]], 2),
        ([[0.9, 5.0], [0.9, 5.0], [0.9, 5.0], [0.9, 5.0], [0.9, 5.0]], 0),
        ([[0.0, 0.0], [0.0, 0.0]], 0),
        # half the errors in twice the time, twice: the middle
        ([[0.84, 1.0], [0.92, 2.0], [0.96, 4.0]], 1),
    ],
)
def test_small_and_degenerate_fronts_have_a_knee(values, expected):
    assert knee(values, TWO) == expected


def test_a_constant_objective_changes_nothing():
    values = [[acc, time, 8_215_728] for acc, time in ELBOW]
    assert knee(values, THREE) == knee(ELBOW, TWO)
    preferences = {"acc": 2.0, "time": 1.0}
    assert pick(values, THREE, {**preferences, "params": 1.0}) == pick(ELBOW, TWO, preferences)
    assert pick(values, THREE, {"params": 1.0}) == 6  # every row is as good: the best in the first objective


def test_what_hardly_differs_decides_little():
    """Sizes that differ by 1.2 do not make up for 23 times the seconds."""
    accurate, small = [0.984, 91.0, 1.43e6], [0.972, 57.9, 1.23e6]
    quick, quickest, poor = [0.947, 2.53, 1.43e6], [0.933, 1.93, 1.43e6], [0.856, 4.82, 1.23e6]
    assert knee([accurate, [0.977, 48.3, 1.43e6], small, quick, quickest, poor], THREE) == 3


def test_a_gain_is_a_factor():
    """From 1 % of errors to a half is as much as from 20 to 10 %."""
    values = [[0.9, 1.0], [0.99, 10.0], [0.995, 100.0]]
    assert knee(values, TWO) == 1
    assert knee([*values, [1.0, 101.0]], TWO) == 1  # the best that is possible has no logarithm


def test_values_beyond_a_limit_are_taken_as_they_are():
    assert knee([[-1.0, 5.0], [0.5, 4.0], [2.0, 9.0], [3.0, 1e6]], parse_objectives("time,params")) == 0


def test_one_preference_takes_the_best_in_that_objective():
    # row 0 is best in acc and good in time too; pseudo-weights alone would prefer the lopsided row 1
    values = [[0.99, 10.0, 9e6], [0.98, 100.0, 8.9e6], [0.90, 5.0, 5e6], [0.85, 4.0, 9e6]]
    assert pick(values, THREE, {"acc": 1}) == 0
    assert pick(values, THREE, {"time": 3}) == 3
    assert pick(values, THREE, {"params": 0.1, "acc": 0}) == 2


def test_a_stronger_preference_moves_towards_that_objective():
    accuracies = [
        ELBOW[pick(ELBOW, TWO, {"acc": share, "time": 1 - share})][0] for share in np.linspace(0, 1, 11)
    ]
    assert accuracies == sorted(accuracies)
    assert (accuracies[0], accuracies[-1]) == (0.50, 0.98)


def test_only_the_proportions_of_the_preferences_matter():
    for scale in (1e-300, 1e-3, 1.0, 1e300):
        assert pick(ELBOW, TWO, {"acc": 3 * scale, "time": scale}) == pick(ELBOW, TWO, {"acc": 3, "time": 1})


@pytest.mark.parametrize(
    "preferences", [{}, {"acc": 0}, {"acc": -1}, {"acc": np.nan}, {"acc": 2, "time": np.inf}]
)
def test_preferences_that_say_nothing_are_refused(preferences):
    with pytest.raises(UsageError, match="preference"):
        pick(ELBOW, TWO, preferences)


def test_a_preference_for_no_objective_names_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"unknown objective of this front 'tme': did .*acc, time"):
        pick(ELBOW, TWO, {"tme": 1.0})


@pytest.mark.parametrize("values", [[], [[np.nan, 1.0]]])
def test_an_empty_front_has_no_answer(values):
    with pytest.raises(UsageError, match="front is empty"):
        knee(values, TWO)
    with pytest.raises(UsageError, match="front is empty"):
        pick(values, TWO, {"acc": 1})


def test_warnings_of_the_process_stay_as_they_were():
    before = list(warnings.filters)
    knee(ELBOW, TWO)
    pick(ELBOW, TWO, {"acc": 1, "time": 1})
    assert warnings.filters == before
    with pytest.warns(UserWarning, match="still heard"):
        warnings.warn("still heard", UserWarning, stacklevel=1)


@st.composite
def tables(draw):
    directions = draw(st.lists(st.sampled_from(["minimize", "maximize"]), min_size=2, max_size=4))
    objectives = [Objective(f"o{i}", direction, "", "") for i, direction in enumerate(directions)]
    grid = st.sampled_from([-3.0, -1.0, 0.0, 1.0, 2.0, 2.0000000000000004, 5.0, 1e9])
    elements = draw(st.sampled_from([grid, st.floats(allow_nan=False, allow_infinity=False)]))
    shape = (draw(st.integers(1, 15)), len(objectives))
    return draw(arrays(np.float64, shape, elements=elements)), objectives


@pytest.mark.slow
@given(tables(), st.data())
def test_every_front_has_an_answer_on_it(table, data):
    values, objectives = table
    front = values[rank(values, objectives)].tolist()
    assert values[knee(values, objectives)].tolist() in front
    size = len(objectives)
    shares = data.draw(st.lists(st.floats(0, 1), min_size=size, max_size=size).filter(any))
    chosen = pick(values, objectives, {o.name: w for o, w in zip(objectives, shares, strict=True)})
    assert values[chosen].tolist() in front
