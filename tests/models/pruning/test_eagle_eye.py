import copy
import statistics

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from paretocaps.evaluation.accuracy import accuracy
from paretocaps.models.build import build_network
from paretocaps.models.losses import capsnet_loss
from paretocaps.models.pruning.eagle_eye import (
    CANDIDATES,
    best_candidate,
    estimate_statistics,
    probe_accuracy,
)
from paretocaps.models.pruning.prune import hand_over, prune
from paretocaps.models.pruning.saliency import measure
from paretocaps.models.pruning.structured import channel_groups
from paretocaps.models.pruning.target import pruned, removed_share

TRUNKS = ("resnet18", "resnet50", "mobilenet_v1", "alexnet", "residual")


def images(count=6, seed=0):
    return torch.rand(count, 3, 32, 32, generator=torch.Generator().manual_seed(seed))


def step(network, optimizer):
    labels = torch.tensor([0, 1, 2, 3, 0, 1])
    loss = capsnet_loss(network(images(), labels), images(), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def trained(architecture):
    network = build_network(architecture, 0)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    for _ in range(2):
        step(network, optimizer)
    return network, optimizer


@pytest.mark.slow
@pytest.mark.parametrize("trunk", TRUNKS)
@pytest.mark.parametrize("saliency", ["routing", "magnitude"])
def test_a_trunk_is_cut_with_its_capsules_and_trains_on(narrow, trunk, saliency):
    network, optimizer = trained(narrow(trunk, 4))
    saliencies = measure(network, [images()], saliency, seed=0)
    target = pruned(network.architecture, 0.5)
    smaller, optimizer = prune(network, optimizer, target, saliencies)
    shapes = {name: tuple(value.shape) for name, value in build_network(target, 1).state_dict().items()}
    assert {name: tuple(value.shape) for name, value in smaller.state_dict().items()} == shapes
    for parameter in smaller.parameters():
        state = optimizer.state[parameter]
        assert state["exp_avg"].shape == parameter.shape
        assert state["exp_avg"].stride() == parameter.stride()
    first, *_, last = [step(smaller, optimizer) for _ in range(6)]
    assert last < first


@pytest.mark.parametrize("trunk", TRUNKS)
def test_channels_that_do_nothing_are_not_missed(narrow, trunk):
    network, optimizer = trained(narrow(trunk, 1 if trunk == "residual" else 4, weight_sharing=True))
    target = pruned(network.architecture, 0.4)
    a, shape = network.architecture, target.trunk_shape
    with torch.no_grad():
        for group in channel_groups(network):
            gone = torch.arange(len(group.importance)) >= shape.widths[group.convolutions[0]]
            for name, dim in group.dims.items():
                if "running" not in name:
                    network.trunk.get_parameter(name).index_fill_(dim, gone.nonzero().flatten(), 0.0)
        network.primary.weight[8 * target.capsule_types :] = 0
        network.primary.bias[8 * target.capsule_types :] = 0
        assert a.capsule_types > target.capsule_types
    network.eval()
    saliencies = measure(network, [images()], "magnitude", seed=0)
    smaller, _ = prune(network, optimizer, target, saliencies)
    torch.testing.assert_close(smaller.scores(images()), network.scores(images()), rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_the_best_judged_candidate_is_taken(narrow):
    network, optimizer = trained(narrow("resnet18", 4))
    before = copy.deepcopy(network.state_dict())
    saliencies, seen = measure(network, [images()], "routing", seed=0), []

    def judge(candidate):
        seen.append(candidate.architecture)
        return float(len(seen) == 3)

    chosen = best_candidate(network, 0.5, saliencies, [images()], judge, seed=0, bottleneck=70)
    smaller = chosen.smaller
    assert {one.trunk_shape.channels for one in seen} == {70}
    assert len(seen) == CANDIDATES
    assert (chosen.number, chosen.worths) == (3, (0.0, 0.0, 1.0, *[0.0] * 5))
    assert smaller.network.architecture == seen[2] != seen[0]
    assert all(abs(removed_share(network.architecture, one) - 0.5) < 0.02 for one in seen)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    hand_over(optimizer, smaller)
    assert step(smaller.network, optimizer) > 0


@torch.no_grad()
def test_statistics_are_the_means_of_the_batches(narrow):
    network = build_network(narrow("resnet18"), 0)
    network.freeze_trunk()
    batches = [images(8, seed) for seed in (1, 2, 3)]
    convolved = [network.trunk.conv1(batch) for batch in batches]
    estimate_statistics(network, batches)
    means = torch.stack([maps.mean((0, 2, 3)) for maps in convolved]).mean(0)
    torch.testing.assert_close(network.trunk.bn1.running_mean, means)
    layers = [layer for layer in network.trunk.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert {layer.momentum for layer in layers} == {0.1}
    assert network.training
    assert not any(layer.training for layer in layers)


def test_a_trunk_without_normalisation_has_no_statistics(narrow):
    network = build_network(narrow("alexnet", 4), 0)
    before = copy.deepcopy(network.state_dict())
    estimate_statistics(network, [images()])
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


@pytest.fixture(scope="module")
def digits():
    """The pixels and labels of 900 digits to train on, and of 897 others."""
    found = load_digits()
    pixels, labels = torch.tensor(found.images, dtype=torch.float32)[:, None] / 16, torch.tensor(found.target)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(1))
    pixels, labels = pixels[order], labels[order]
    return (pixels[:900], labels[:900]), (pixels[900:], labels[900:])


def fit(network, pixels, labels, epochs, rate, seed):
    optimizer = torch.optim.Adam(network.parameters(), lr=rate, fused=True)
    generator = torch.Generator().manual_seed(seed)
    network.train()
    for _ in range(epochs):
        for chosen in torch.randperm(len(labels), generator=generator).split(50):
            shown, truth = pixels[chosen], labels[chosen]
            loss = capsnet_loss(network(shown, truth), shown, truth)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


@pytest.mark.slow
def test_the_probe_tells_which_candidates_are_better_after_an_epoch(narrow, digits):
    """The probe's accuracies go with those after an epoch: over five trunks the mean correlation was 0.47.

    In float64, which rounds otherwise, it was 0.39; each of the ten was positive. What the chosen one gains
    over the mean of all varies more: over twelve other trunks it was 0.048, with a standard error of 0.021.

    The trunks come from briefly trained networks. The heads are new, so that every candidate's accuracy
    through them is chance.
    """
    train, others = digits
    batches = list(zip(*(part.split(100) for part in train), strict=True))
    shape = narrow("resnet18", channels=1, classes=10, height=8, width=8, image_size=32)
    correlations = []
    for seed in range(5):
        whole, network, made = build_network(shape, seed), build_network(shape, 1000 + seed), []
        fit(whole, *train, epochs=3, rate=2e-3, seed=seed)
        network.trunk.load_state_dict(whole.trunk.state_dict())

        probed = []

        def judge(candidate, made=made, probed=probed):
            made.append(candidate)
            probed.append(probe_accuracy(candidate, batches))
            return probed[-1]

        saliencies = measure(network, [], "magnitude", seed)
        best_candidate(network, 0.5, saliencies, [shown for shown, _ in batches], judge, seed)
        for candidate in made:
            fit(candidate, *train, epochs=1, rate=1e-3, seed=seed)
        accs = [accuracy(candidate, [others]) for candidate in made]
        correlations.append(statistics.correlation(probed, accs))
    assert len(made) == CANDIDATES
    assert statistics.mean(correlations) > 2 * statistics.stdev(correlations) / len(correlations) ** 0.5
