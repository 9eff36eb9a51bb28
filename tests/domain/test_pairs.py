import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.pairs import pair_count, pair_names, paired_classes, pairs_of


def test_the_pairs_of_three_classes_are_listed_by_hand():
    assert pairs_of(3) == ((0, 1), (0, 2), (1, 2))
    assert pair_names(("cat", "dog", "owl")) == ("cat+dog", "cat+owl", "dog+owl")


@given(st.integers(2, 60))
def test_as_many_labels_as_pairs_tell_how_many_classes_there_are(classes):
    assert len(pairs_of(classes)) == pair_count(classes)
    assert paired_classes(pair_count(classes)) == classes


@pytest.mark.parametrize("labels", [2, 4, 44])
def test_other_numbers_of_labels_are_no_pairs(labels):
    with pytest.raises(ValueError, match=f"{labels} labels are not the pairs"):
        paired_classes(labels)
