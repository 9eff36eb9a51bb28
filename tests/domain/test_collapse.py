import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.collapse import is_collapsed

LABELS = [0] * 15 + [1] * 14 + [2] * 13


@pytest.mark.parametrize(
    ("right", "collapsed"), [(0, True), (13, True), (15, True), (16, False), (42, False)]
)
def test_it_has_to_beat_the_largest_class(right, collapsed) -> None:
    assert is_collapsed(right / len(LABELS), LABELS) is collapsed


@given(st.lists(st.integers(0, 4), min_size=1, max_size=300), st.integers(0, 4))
def test_answering_one_class_is_collapsed_whichever_it_is(labels, answer) -> None:
    assert is_collapsed(labels.count(answer) / len(labels), labels)
