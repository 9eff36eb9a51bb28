import numpy as np
import torch

from paretocaps.data.images import ImageSet
from paretocaps.evaluation.mistakes import worst_mistakes
from paretocaps.evaluation.scores import Scored

LABELS = np.array([0, 1, 2, 0])
SCORES = np.array([[0.1, 0.6, 0.3], [0.2, 0.7, 0.1], [0.9, 0.0, 0.1], [0.8, 0.1, 0.1]])


def test_the_most_confident_mistakes_come_first():
    pixels = torch.arange(4 * 4, dtype=torch.uint8).reshape(4, 1, 2, 2)
    found = worst_mistakes(ImageSet(pixels, torch.from_numpy(LABELS)), Scored(SCORES, LABELS))
    assert [(one.index, one.label, one.predicted, one.confidence) for one in found] == [
        (2, 2, 0, 0.9),
        (0, 0, 1, 0.6),
    ]
    assert found[0].of_label == 0.1
    assert found[0].image.tolist() == [[[8], [9]], [[10], [11]]]
    assert len(worst_mistakes(ImageSet(pixels, torch.from_numpy(LABELS)), Scored(SCORES, LABELS), 1)) == 1
