import pytest
import torch
from torch.nn import functional

from paretocaps.models.pruning.probe import PENALTY, accuracy, fitted


def clusters(images=40, dims=(3, 2, 2), apart=1.5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(images) % 4
    centres = torch.randn(4, *dims, generator=generator) * apart
    return centres[labels] + torch.randn(images, *dims, generator=generator) + 5, labels


def by_hand(features, labels):
    """The weights of ridge regression to centred one-hot labels by its normal equations."""
    flat = features.flatten(1).double()
    mean, targets = flat.mean(0), functional.one_hot(labels, 4).double()
    centred = flat - mean
    penalty = PENALTY * centred.square().sum(1).mean()
    covariance = centred.T @ centred + penalty * torch.eye(flat.shape[1])
    return torch.linalg.solve(covariance, centred.T @ (targets - targets.mean(0)))


def test_a_probe_is_ridge_regression():
    features, labels = clusters()
    probe = fitted(features, labels, classes=4)
    torch.testing.assert_close(probe.weight.double(), by_hand(features, labels), rtol=1e-3, atol=1e-3)
    assert (probe(features).argmax(1) == labels).float().mean() > 0.9


@pytest.mark.parametrize("apart", [0.0, 0.5, 1.5])
@pytest.mark.parametrize("dims", [(3, 2, 2), (30, 2, 2)])  # fewer and more features than images
def test_each_image_is_left_out_of_its_own_probe(apart, dims):
    features, labels = clusters(apart=apart, dims=dims)
    flat, targets = features.flatten(1).double(), functional.one_hot(labels, 4).double()
    penalty, right = PENALTY * (flat - flat.mean(0)).square().sum(1).mean(), 0
    for place in range(len(labels)):
        others = torch.arange(len(labels)) != place
        mean, shares = flat[others].mean(0), targets[others].mean(0)
        centred = flat[others] - mean
        covariance = centred.T @ centred + penalty * torch.eye(flat.shape[1])
        weights = torch.linalg.solve(covariance, centred.T @ (targets[others] - shares))
        right += int(((flat[place] - mean) @ weights + shares).argmax() == labels[place])
    assert accuracy(features, labels, 4) == right / len(labels)
    assert apart > 0 or right / len(labels) < 0.6


def test_labels_of_chance_are_not_told_from_many_features():
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(4, (60,), generator=generator)
    assert accuracy(torch.randn(60, 500, generator=generator), labels, 4) < 0.45


def test_features_that_are_all_alike_are_no_better_than_chance():
    assert accuracy(torch.ones(40, 7), torch.arange(40) % 4, 4) <= 0.25


def test_products_in_half_precision_do_not_hide_small_differences():
    features, labels = clusters(images=200, apart=0.7)
    far = features + 50  # features after a ReLU have large means
    exact, probe = accuracy(far, labels, 4), fitted(far, labels, 4)
    with torch.autocast("cpu", torch.bfloat16):
        assert accuracy(far, labels, 4) == exact > 0.5
        again = fitted(far, labels, 4)
        assert torch.equal(again.weight, probe.weight)
        right = (again(far).argmax(1) == labels).float().mean()
    assert right >= exact
