import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.evaluation.reliability import reliability
from paretocaps.evaluation.scores import Scored


def test_the_error_is_the_gap_between_confidence_and_accuracy():
    scores = np.array([[0.9, 0.1]] * 10 + [[0.6, 0.5]] * 10)
    labels = np.array([0] * 10 + [0] * 4 + [1] * 6)
    found = reliability(Scored(scores, labels), bins=10)
    assert found.ece == pytest.approx(0.5 * 0.1 + 0.5 * 0.2)
    filled = {round(one.high, 1): (one.images, one.confidence, one.acc) for one in found.bins if one.images}
    assert filled == {0.9: (10, pytest.approx(0.9), 1.0), 0.6: (10, pytest.approx(0.6), 0.4)}
    empty = found.bins[0]
    assert (empty.images, empty.confidence, empty.acc) == (0, None, None)


def test_the_lengths_of_other_capsules_change_no_confidence():
    scores, labels = np.array([[0.4, 0.1], [0.2, 0.7]]), np.array([0, 0])
    others = np.array([[0.4, 0.3], [0.0, 0.7]])
    assert reliability(Scored(scores, labels)) == reliability(Scored(others, labels))


def test_no_confidence_is_above_one():
    assert reliability(Scored(np.array([[1.0 + 1e-6, 0.0]]), np.array([0]))).bins[-1].confidence == 1.0


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 80), st.integers(2, 12))
def test_every_image_is_in_one_bin_that_holds_its_confidence(seed, images, classes):
    numbers = np.random.default_rng(seed)
    one = Scored(numbers.random((images, classes)), numbers.integers(0, classes, images))
    found = reliability(one)
    assert len(found.bins) == 15
    assert sum(box.images for box in found.bins) == images
    assert 0.0 <= found.ece <= 1.0
    for box in found.bins:
        if box.images:
            assert box.low - 1e-9 <= box.confidence <= box.high + 1e-9
    gap = sum(box.images * (box.acc - box.confidence) for box in found.bins if box.images) / images
    right = (one.predicted == one.labels).mean()
    assert gap == pytest.approx(right - one.confidences.mean())


def test_sure_answers_are_in_the_last_bin():
    found = reliability(Scored(np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([0, 0])))
    assert found.bins[-1].images == 1
    assert found.bins[0].images == 1  # no capsule there at all
