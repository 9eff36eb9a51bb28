import numpy as np
import pytest
import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.evaluation.accuracy import Evaluator
from paretocaps.evaluation.joint_accuracy import ensemble_accuracy
from paretocaps.evaluation.scores import shares


def test_networks_predict_by_the_mean_of_their_shares(network, digits):
    networks = [network(seed) for seed in range(3)]
    images = DeviceLoader(digits, "cpu")
    with torch.no_grad():
        scores = [shares(one.eval().scores(digits.images.float() / 255)) for one in networks]
    wanted = np.mean(sum(scores).argmax(1).numpy() == digits.labels.numpy())
    evaluator = Evaluator(torch.device("cpu"))
    assert ensemble_accuracy(networks, images, evaluator) == pytest.approx(wanted)
    assert ensemble_accuracy(networks[:1], images, evaluator) == evaluator.accuracy(networks[0], images)
