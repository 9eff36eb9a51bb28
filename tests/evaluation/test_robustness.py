from collections import Counter

import pytest
import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.images import ImageSet
from paretocaps.domain.choices import Choices
from paretocaps.domain.objective import OBJECTIVES
from paretocaps.evaluation.accuracy import Evaluator, accuracy
from paretocaps.evaluation.affine import Affine
from paretocaps.evaluation.robustness import QUANTITY, TRANSFORMS, robustness
from paretocaps.models.architecture import architecture
from paretocaps.models.network import Network, Output

CPU = torch.device("cpu")


class Bright(Network):
    """Takes an image for class 1 where its left half is brighter."""

    def __init__(self):
        super().__init__(architecture(Choices(), 28, 28, 1, 2))

    def forward(self, images, labels=None):
        return Output(self.scores(images))

    def scores(self, images):
        left, right = images[..., :14].sum((1, 2, 3)), images[..., 14:].sum((1, 2, 3))
        return torch.stack([right, left], 1)


def bars(*columns):
    pixels = torch.zeros(len(columns), 1, 28, 28, dtype=torch.uint8)
    for number, column in enumerate(columns):
        pixels[number, :, :, column] = 255
    return DeviceLoader(ImageSet(pixels, torch.ones(len(columns), dtype=torch.int64)), "cpu")


def test_accuracy_falls_where_a_transform_moves_what_is_told_apart():
    found = robustness(Bright(), bars(3, 11, 13), Evaluator(CPU))
    assert found.plain == 1.0
    by = {(one.kind, one.strength): one.acc for one in found.transforms}
    assert by["shift x", 1] == pytest.approx(2 / 3)
    assert by["shift x", 4] == pytest.approx(1 / 3)
    assert by["shift x", -4] == 1.0
    assert by["shift y", 4] == 1.0
    assert found.mean == pytest.approx(sum(by.values()) / 26)


def test_no_transform_is_exactly_the_plain_accuracy(network, digits):
    made, loader = network(), DeviceLoader(digits, "cpu")
    found = robustness(made, loader, Evaluator(CPU), [Affine("rotation", 0), Affine("scale", 1)])
    assert {one.acc for one in found.transforms} == {found.plain}
    assert found.mean == found.plain == accuracy(made, loader.ordered(100))


def test_the_transforms_are_fixed_and_none_is_the_identity():
    kinds = Counter(transform.kind for transform in TRANSFORMS)
    assert kinds == {"rotation": 6, "shift x": 6, "shift y": 6, "scale": 4, "shear": 4}
    image = torch.rand(1, 1, 28, 28)
    assert not any(transform.apply(image) is image for transform in TRANSFORMS)


def test_progress_names_each_kind_once(network, digits):
    said = []
    few = ImageSet(digits.images[:5], digits.labels[:5])
    robustness(network(), DeviceLoader(few, "cpu"), Evaluator(CPU), TRANSFORMS[4:8], said.append)
    assert said == ["accuracy under rotation", "accuracy under shift x"]


def test_robust_is_an_objective_of_which_more_is_better():
    objective = OBJECTIVES.get("robust")
    assert (objective.quantity, objective.direction, objective.unit) == (QUANTITY, "maximize", "")
    assert not objective.device_bound
