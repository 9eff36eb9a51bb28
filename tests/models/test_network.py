"""What every family promises: shapes, resizing, finite gradients, the same again by seed and from disk."""

import copy

import pytest
import torch
from torch import nn

from paretocaps.domain.choices import Choices
from paretocaps.errors import DataError, UsageError
from paretocaps.models.architecture import Architecture, architecture
from paretocaps.models.build import bare_network, build_network
from paretocaps.models.families.capsnet import CapsNet
from paretocaps.models.losses import capsnet_loss
from paretocaps.models.network import Network

SMALL = {"primary_capsules": 4}
FAMILIES = {
    "capsnet": SMALL,
    "residual_caps": SMALL,
    "momentum_caps": SMALL,
    "alexnet_caps": SMALL,
    "alexnet_caps, shared, drawn": {**SMALL, "weight_sharing": True, "decoder": "reduced"},
    "alexnet_caps, sda": {**SMALL, "routing": "sda", "standardise": True},
    "resnet_caps": {**SMALL, "image_size": 20},
    "resnet_caps, em": {**SMALL, "image_size": 20, "routing": "em"},
    "lenet5": {},
}
EVERY = pytest.mark.parametrize("name", FAMILIES)


def made(name, height=12, width=10, channels=1, seed=0, **more):
    choices = Choices(family=name.split(",")[0], **FAMILIES[name] | more)
    return build_network(architecture(choices, height, width, channels, 5), seed, choices.init)


def batch(height=12, width=10, channels=1, size=3):
    generator = torch.Generator().manual_seed(1)
    images = torch.rand(size, channels, height, width, generator=generator)
    return images, torch.randint(5, (size,), generator=generator)


@EVERY
def test_it_scores_images_of_their_own_size(name):
    network = made(name).eval()
    assert isinstance(network, Network)
    images, labels = batch()
    output = network(images, labels)
    assert output.lengths.shape == (3, 5)
    assert output.lengths.min() >= 0
    assert output.lengths.max() <= 1
    torch.testing.assert_close(network.scores(images), output.lengths)
    if output.reconstruction is not None:
        assert output.reconstruction.shape == (3, 120)


@EVERY
def test_gradients_are_finite_and_reach_every_parameter(name):
    network = made(name, standardise=True)
    images, labels = batch()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = network(images, labels)
    assert output.lengths.dtype == torch.float32
    capsnet_loss(output, images, labels).backward()
    for parameter_name, parameter in network.named_parameters():
        assert parameter.grad.isfinite().all(), parameter_name
    reached = [p.grad.abs().max() > 0 for _, p in network.named_parameters()]
    assert sum(reached) / len(reached) > 0.85  # biases before a normalisation, for one, move nothing


@EVERY
def test_bfloat16_says_nearly_the_same(name):
    network = made(name).eval()
    images, _ = batch()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores = network.scores(images)
    torch.testing.assert_close(scores, network.scores(images), atol=0.05, rtol=0)


@EVERY
def test_the_seed_decides_the_weights_and_no_global_state_moves(name):
    before = torch.get_rng_state()
    first, again, other = (made(name, seed=seed).state_dict() for seed in (5, 5, 6))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[key], again[key]) for key in first)
    drawn = [key for key in first if key.endswith("weight") and first[key].dim() > 1]
    assert drawn
    assert not any(torch.equal(first[key], other[key]) for key in drawn)


@EVERY
def test_architecture_and_state_dict_bring_it_back(name):
    network = made(name)
    images, labels = batch()
    capsnet_loss(network(images, labels), images, labels).backward()  # statistics of a batch are kept too
    again = bare_network(network.architecture)
    again.load_state_dict(copy.deepcopy(network.state_dict()))
    assert torch.equal(again.eval().scores(images), network.eval().scores(images))


@EVERY
def test_images_of_another_shape_are_refused(name):
    for images in (torch.zeros(1, 1, 12, 11), torch.zeros(1, 2, 12, 10)):
        with pytest.raises(DataError, match="do not fit this network"):
            made(name).scores(images)


@pytest.mark.parametrize(("family", "side"), [("alexnet_caps", 28), ("lenet5", 28), ("resnet_caps", 78)])
def test_digits_of_8x8_are_resized_up_bilinearly(family, side):
    network = build_network(architecture(Choices(family=family), 8, 8, 1, 10), 0)
    assert network.architecture.input_size == (side, side)
    images, _ = batch(8, 8)
    expected = torch.nn.functional.interpolate(images, (side, side), mode="bilinear")
    assert torch.equal(network.prepared(images), expected)


def test_what_becomes_smaller_is_averaged():
    network = made("capsnet", 16, 16, image_size=8)
    stripes = torch.zeros(1, 1, 16, 16)
    stripes[..., ::2] = 1.0
    assert network.prepared(stripes)[..., 1:-1].std() < 0.02
    assert network.prepared(stripes).mean().item() == pytest.approx(0.5, abs=0.02)


def test_images_of_the_size_that_is_asked_for_are_left_alone():
    network = made("capsnet", 8, 8, image_size=8)
    images, _ = batch(8, 8)
    assert network.prepared(images) is images


def test_standardisation_is_of_the_resized_image():
    network = made("alexnet_caps", 8, 8, standardise=True)
    seen = network.prepared(batch(8, 8)[0])
    assert seen.shape[2:] == (28, 28)
    torch.testing.assert_close(seen.mean((1, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(seen.std((1, 2, 3), correction=0), torch.ones(3), atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", ["alexnet_caps", "resnet_caps"])
def test_the_hybrids_are_the_networks_written_anew(oracle, name):
    network = made(name).double()
    images = batch()[0].double()
    torch.testing.assert_close(network(images).lengths, oracle.network(network, images, None)[0])
    network.eval()
    torch.testing.assert_close(network.scores(images), oracle.network(network, images, None)[0])


@pytest.mark.parametrize("name", ["alexnet_caps, shared, drawn", "resnet_caps", "resnet_caps, em"])
def test_a_hybrid_can_be_observed(name):
    network = made(name).eval()
    assert isinstance(network, CapsNet)
    images, _ = batch()
    seen = network.observe(images)
    a = network.architecture
    assert seen.features.shape == (3, a.trunk_shape.channels, *a.trunk_shape.size)
    assert seen.presence.shape == (3, a.capsules)
    torch.testing.assert_close(seen.couplings.sum(2), torch.ones(3, a.capsules))
    torch.testing.assert_close(seen.lengths, network.scores(images))


def test_what_a_network_without_capsules_cannot_do_is_refused_with_its_family():
    plain = build_network(architecture(Choices(family="lenet5"), 28, 28, 1, 10), seed=0)
    images = torch.rand(1, 1, 28, 28)
    for asked in (
        plain.freeze_trunk,
        lambda: plain.features(images),
        lambda: plain.read(images),
        lambda: plain.read_scores(images),
        lambda: plain.class_capsules_of(images),
        lambda: plain.decode(images, torch.zeros(1, dtype=torch.int64)),
    ):
        with pytest.raises(UsageError, match="family=lenet5 has no"):
            asked()


class Toy(Network):
    """A network of the layers that it is given."""

    def __init__(self, **layers):
        super().__init__(architecture(Choices(family="lenet5"), 28, 28, 1, 2))
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, images, labels=None):
        raise NotImplementedError

    def scores(self, images):
        raise NotImplementedError


def initialised(network, seed=0):
    network.initialise(torch.Generator().manual_seed(seed))
    return {name: weights.clone() for name, weights in network.state_dict().items()}


def test_weights_of_nested_layers_are_drawn_and_normalisations_start_anew():
    inner = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.BatchNorm2d(2), nn.ReLU(), nn.Dropout())
    network = Toy(first=inner, last=nn.ModuleList([nn.Linear(4, 3), nn.LayerNorm(3)]))
    with torch.no_grad():
        for weights in network.parameters():
            weights.fill_(7)
    before = torch.get_rng_state()
    one, again, other = initialised(network), initialised(network), initialised(network, seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not torch.equal(one["first.0.weight"], other["first.0.weight"])
    assert one["last.0.bias"].abs().max() <= 0.5
    for name in ("first.1", "last.1"):
        assert torch.equal(one[f"{name}.weight"], torch.ones_like(one[f"{name}.weight"]))
        assert not one[f"{name}.bias"].any()


@pytest.mark.parametrize(
    ("layers", "what"),
    [
        ({"memory": nn.LSTM(2, 2)}, "no `initialise` for the LSTM 'memory'"),
        ({"scale": nn.Parameter(torch.ones(2))}, "no `initialise`, whose"),
    ],
)
def test_weights_without_a_usual_initialisation_need_a_method(layers, what):
    with pytest.raises(UsageError, match=f"family=lenet5 has {what}"):
        initialised(Toy(**layers))


@pytest.mark.parametrize("name", ["capsnet", "alexnet_caps, shared, drawn", "resnet_caps, em", "lenet5"])
def test_the_best_pair_is_that_of_the_two_best_classes(name):
    choices = Choices(family=name.split(",")[0], **FAMILIES[name])
    shape = architecture(choices, 12, 10, 1, 10, pairs=True)
    assert (shape.classes, shape.labels) == (5, 10)
    network = build_network(shape, 0, choices.init)
    images, _ = batch(size=6)
    labels = torch.randint(10, (6,), generator=torch.Generator().manual_seed(2))
    network.eval()
    scores, found = network.scores(images), network.label_scores(images)
    assert 0.0 <= found.min() <= found.max() <= 1.0
    assert name != "lenet5" or torch.allclose(
        found.sum(1), torch.full((6,), 4.0)
    )  # each class is in four pairs
    assert (scores.shape, found.shape) == ((6, 5), (6, 10))
    best = network.classes_of(found.argmax(1))
    assert [set(pair) for pair in best.tolist()] == [set(two) for two in scores.topk(2).indices.tolist()]
    network.train()
    capsnet_loss(network(images, labels), images, network.classes_of(labels)).backward()
    assert all(one.grad is not None and one.grad.isfinite().all() for one in network.parameters())
    again = bare_network(Architecture.model_validate_json(shape.model_dump_json()))
    again.load_state_dict(network.state_dict())
    torch.testing.assert_close(again.eval().label_scores(images), network.eval().label_scores(images))


def test_a_network_of_single_classes_has_labels_for_classes():
    network = made("capsnet")
    images, labels = batch()
    assert network.classes_of(labels) is labels
    assert network.pair_table is None
    torch.testing.assert_close(network.label_scores(images), network.scores(images))
    assert "pairs" not in network.architecture.model_dump()
