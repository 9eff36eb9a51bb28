import numpy as np
import pytest
import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.images import ImageSet
from paretocaps.evaluation.reconstructions import reconstructions
from paretocaps.evaluation.scores import Scored, collect


@pytest.fixture
def few(digits):
    return ImageSet(digits.images[:60], digits.labels[:60])


@pytest.mark.parametrize("choices", [{}, {"decoder": "reduced"}, {"routing": "em"}])
def test_drawings_are_those_of_the_label_and_of_the_answer(network, few, choices):
    made = network(**choices)
    scored = collect(made, DeviceLoader(few, "cpu").ordered(60))
    found = reconstructions(made, few, scored, right=3, wrong=4)
    with torch.no_grad():
        pixels = few.images.float() / 255
        by_label = made.eval()(pixels, few.labels).reconstruction
        by_answer = made(pixels).reconstruction
    for one in found:
        for drawn, expected in ((one.of_label, by_label), (one.of_answer, by_answer)):
            gap = drawn.astype(int)[:, :, 0] - (expected[one.index].view(8, 8) * 255).numpy()
            assert np.abs(gap).max() <= 1
        assert one.label == few.labels[one.index]
        np.testing.assert_array_equal(one.image[:, :, 0], few.images[one.index, 0])
        assert not one.right or np.array_equal(one.of_label, one.of_answer)
    assert sum(not one.right for one in found) == 4


def test_right_ones_go_through_the_classes_and_wrong_ones_are_the_surest(network, few):
    labels = few.labels.numpy()
    scores = np.eye(10)[labels] * 0.5 + 0.01
    mistaken = np.flatnonzero(labels == 3)[:3]
    for rank, index in enumerate(mistaken):
        scores[index] = np.eye(10)[4] * (0.9 + rank / 30) + 0.01
    found = reconstructions(network(), few, Scored(scores, labels), right=12, wrong=2)
    right = [one for one in found if one.right]
    assert [one.label for one in right] == [*range(10), 0, 1]
    assert right[0].index == np.flatnonzero(labels == 0)[0]
    wrong = [one for one in found if not one.right]
    assert [one.index for one in wrong] == [mistaken[2], mistaken[1]]
    assert wrong[0].confidence > wrong[1].confidence > 0.9
    assert all(one.predicted == 4 for one in wrong)


def test_nothing_asked_for_is_nothing_drawn(network, few):
    made = network().train()
    scored = collect(made, DeviceLoader(few, "cpu").ordered(60))
    assert reconstructions(made, few, scored, 0, 0) == ()
    reconstructions(made, few, scored, 1, 1)
    assert made.training
