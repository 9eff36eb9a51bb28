import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.collapse import corner_below, is_collapsed

LABELS = [0] * 15 + [1] * 14 + [2] * 13


@pytest.mark.parametrize(
    ("right", "collapsed"), [(0, True), (13, True), (15, True), (16, False), (42, False)]
)
def test_it_has_to_beat_the_largest_class(right, collapsed) -> None:
    assert is_collapsed(right / len(LABELS), LABELS) is collapsed


@given(st.lists(st.integers(0, 4), min_size=1, max_size=300), st.integers(0, 4))
def test_answering_one_class_is_collapsed_whichever_it_is(labels, answer) -> None:
    assert is_collapsed(labels.count(answer) / len(labels), labels)


@pytest.mark.parametrize(
    ("accuracies", "below"),
    [
        ((0.97, 0.95, 0.93, 0.6, 0.4, 0.1), 0.9),  # the widest gap is above 0.6
        ((0.97, 0.9115, 0.83, 0.5), 0.8),  # 0.83 belongs to the others
        ((0.98, 0.972, 0.968, 0.9, 0.6), 0.9),
        ((0.97, 0.96, 0.88, 0.85, 0.8), None),  # nothing is far below
        ((0.5, 0.45, 0.44, 0.1), 0.4),  # a hard data set
        ((0.962, 0.961, 0.11), 0.9),
        ((0.9615, 0.9611), None),
        ((0.97,), None),
        ((0.0, 0.0), None),
        ((), None),
    ],
)
def test_the_corner_of_a_front_is_told_from_its_accuracies(accuracies, below) -> None:
    assert corner_below(accuracies) == below
    assert corner_below(accuracies[::-1]) == below


@given(st.lists(st.floats(0, 1), max_size=30))
def test_what_is_near_the_best_is_never_in_the_corner_and_what_is_far_below_always_is(accuracies) -> None:
    below, best = corner_below(accuracies) or 0.0, max(accuracies, default=0.0)
    assert all(accuracy >= below for accuracy in accuracies if accuracy >= 0.9 * best)
    assert all(accuracy < below for accuracy in accuracies if accuracy < 0.5 * best)
