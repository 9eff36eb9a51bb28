import copy
import pickle

import pytest
import torch

from paretocaps.domain.choices import Choices
from paretocaps.errors import DataError, UsageError
from paretocaps.models.architecture import Architecture, architecture
from paretocaps.models.build import build_network
from paretocaps.models.families.capsnet import CapsNet
from paretocaps.models.losses import capsnet_loss

SMALL = {
    "height": 10,
    "width": 8,
    "channels": 2,
    "classes": 4,
    "conv_channels": 6,
    "capsule_types": 3,
    "decoder_units": (7, 9),
}
DECODERS = pytest.mark.parametrize("decoder", ["full", "reduced", "none"])


def batch(size, dtype=torch.float64, seed=1):
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(size, 2, 10, 8, generator=generator, dtype=dtype)
    return images, torch.randint(4, (size,), generator=generator)


def network(**changes):
    made = build_network(Architecture(**SMALL | changes), seed=3).double()
    if made.architecture.class_bias:
        torch.nn.init.normal_(made.class_capsules.bias, std=0.3, generator=torch.Generator().manual_seed(5))
    return made


def check_against_the_oracle(oracle, made, size, full_gradient):
    images, labels = batch(size)
    output = made(images, labels)
    loss = capsnet_loss(output, images, labels)
    loss.backward()
    found = {name: parameter.grad.clone() for name, parameter in made.named_parameters()}
    made.zero_grad()
    lengths, reconstruction = oracle.network(made, images, labels, full_gradient)
    expected = oracle.loss(lengths, reconstruction, images, labels)
    expected.backward()
    torch.testing.assert_close(output.lengths, lengths, rtol=1e-10, atol=1e-13)
    if reconstruction is None:
        assert output.reconstruction is None
    else:
        torch.testing.assert_close(output.reconstruction, reconstruction, rtol=1e-10, atol=1e-13)
    torch.testing.assert_close(loss, expected, rtol=1e-12, atol=0)
    for name, parameter in made.named_parameters():
        torch.testing.assert_close(found[name], parameter.grad, rtol=1e-8, atol=1e-13, msg=name)
        assert parameter.grad.abs().max() > 0, name


@pytest.mark.parametrize("full_gradient", [False, True])
@pytest.mark.parametrize("iterations", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("size", [1, 2, 7])
@pytest.mark.parametrize("weight_sharing", [False, True])
def test_outputs_loss_and_gradients_are_the_oracles(oracle, weight_sharing, size, iterations, full_gradient):
    changes = {"weight_sharing": weight_sharing, "routing_iterations": iterations}
    made = network(**changes, routing_gradient="all" if full_gradient else "last")
    check_against_the_oracle(oracle, made, size, full_gradient)


@DECODERS
@pytest.mark.parametrize("weight_sharing", [False, True])
def test_every_decoder_is_the_oracles(oracle, decoder, weight_sharing):
    check_against_the_oracle(oracle, network(decoder=decoder, weight_sharing=weight_sharing), 3, False)


@DECODERS
def test_without_labels_the_longest_capsule_is_drawn(decoder):
    made, (images, _) = network(decoder=decoder), batch(6)
    unknown = made(images)
    known = made(images, unknown.lengths.argmax(1))
    assert torch.equal(unknown.lengths, known.lengths)
    if decoder == "none":
        assert unknown.reconstruction is None
    else:
        assert torch.equal(unknown.reconstruction, known.reconstruction)
    assert unknown.lengths.shape == (6, 4)
    assert unknown.lengths.max() < 1


def test_a_ragged_batch_says_the_same_of_its_images():
    made, (images, _) = network(), batch(7)
    together = made(images).lengths
    parts = torch.cat([made(part).lengths for part in images.split(3)])
    torch.testing.assert_close(parts, together, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("size", [1, 5, 40])
@pytest.mark.parametrize("weight_sharing", [False, True])
def test_bfloat16_autocast_is_near_float32(size, weight_sharing):
    made, (images, labels) = network(weight_sharing=weight_sharing).float(), batch(size, torch.float32)

    def step(enabled):
        made.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled):
            output = made(images, labels)
            loss = capsnet_loss(output, images, labels)
        loss.backward()
        assert output.lengths.dtype == output.reconstruction.dtype == loss.dtype == torch.float32
        return output, loss, [parameter.grad for parameter in made.parameters()]

    (half, half_loss, half_grads), (single, single_loss, grads) = step(True), step(False)
    assert (half.lengths - single.lengths).abs().max() < 0.02
    assert (half.reconstruction - single.reconstruction).abs().max() < 0.02
    assert half_loss.item() == pytest.approx(single_loss.item(), rel=0.02)
    for a, b in zip(half_grads, grads, strict=True):
        assert a.dtype == torch.float32
        assert (a - b).norm() < 0.1 * b.norm()


def test_black_images_have_finite_gradients():
    made = network().float()
    with torch.no_grad():
        for parameter in (made.conv1.bias, made.primary.bias, made.class_capsules.bias):
            parameter.zero_()
    images, labels = torch.zeros(2, 2, 10, 8), torch.tensor([0, 1])
    output = made(images, labels)
    capsnet_loss(output, images, labels).backward()
    assert output.lengths.count_nonzero() == 0
    assert all(parameter.grad.isfinite().all() for parameter in made.parameters())


def test_two_passes_add_up_their_gradients():
    made, (images, labels) = network(), batch(4)

    def gradients(*losses):
        made.zero_grad()
        sum(losses).backward()
        return [parameter.grad.clone() for parameter in made.parameters()]

    def loss(part):
        return capsnet_loss(made(images[part], labels[part]), images[part], labels[part])

    first, second = gradients(loss(slice(2))), gradients(loss(slice(2, 4)))
    for a, b, both in zip(first, second, gradients(loss(slice(2)), loss(slice(2, 4))), strict=True):
        torch.testing.assert_close(a + b, both, rtol=1e-10, atol=1e-15)


@DECODERS
def test_what_is_observed_is_what_happens(oracle, decoder):
    made, (images, _) = network(decoder=decoder), batch(3)
    seen = made.observe(images)
    assert torch.equal(seen.lengths, made(images).lengths)
    assert seen.features.shape == (3, 6, 8, 6)
    assert seen.features.min() == 0
    torch.testing.assert_close(seen.capsules, made.primary(made.conv1(images)))
    layer = made.class_capsules
    _, coupling = oracle.class_capsules(seen.capsules, layer.weight, layer.bias, 3)
    torch.testing.assert_close(seen.couplings, coupling, rtol=1e-10, atol=1e-13)
    assert [tuple(units.shape) for units in seen.decoder_units] == (
        [] if decoder == "none" else [(3, 7), (3, 9)]
    )
    assert not any(
        t.requires_grad for t in (seen.features, seen.capsules, seen.couplings, *seen.decoder_units)
    )


@pytest.mark.parametrize("shape", [(3, 1, 10, 8), (3, 2, 8, 10), (2, 10, 8)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(DataError, match=r"2 x 10 x 8"):
        network()(torch.zeros(shape))
    with pytest.raises(DataError, match=r"2 x 10 x 8"):
        network().observe(torch.zeros(shape))


def test_weights_and_architecture_rebuild_it():
    made, (images, _) = network(weight_sharing=True), batch(2)
    architecture = Architecture.model_validate_json(made.architecture.model_dump_json())
    rebuilt = CapsNet(architecture).double()
    rebuilt.load_state_dict(made.state_dict())
    assert torch.equal(rebuilt(images).lengths, made(images).lengths)


def test_it_can_be_copied_and_pickled():
    made, (images, _) = network(), batch(2)
    for other in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert torch.equal(other(images).lengths, made(images).lengths)


def test_scores_are_the_lengths_without_a_drawing():
    made = network(decoder="full")
    images, _ = batch(3)
    torch.testing.assert_close(made.scores(images), made(images).lengths, rtol=0, atol=0)
    with pytest.raises(DataError, match="do not fit"):
        made.scores(images[:, :1])


FAMILIES = pytest.mark.parametrize("family", ["capsnet", "residual_caps", "momentum_caps"])
EM = {"routing": "em", "capsule_dim": 17, "layer_dim": 17, "class_dim": 17}
STATES = pytest.mark.parametrize("changes", [{}, {"routing": "sda"}, EM], ids=["rba", "sda", "em"])


def deep(family, **changes):
    made = network(family=family, blocks=2, layer_capsules=5, layer_dim=8, **changes)
    for layer in made.capsule_layers:  # far enough from 0 for every gradient to be seen
        layer.initialise(torch.Generator().manual_seed(2), 0.5)
    return made


@FAMILIES
@pytest.mark.parametrize("full_gradient", [False, True])
@pytest.mark.parametrize(
    "changes",
    [{}, {"weight_sharing": True, "stem_convolutions": 2}, {"gamma": 0.4, "decoder": "none"}],
    ids=["plain", "shared, two stem convolutions", "gamma 0.4, no decoder"],
)
def test_networks_with_blocks_are_the_oracles(oracle, family, changes, full_gradient):
    made = deep(family, **changes, routing_gradient="all" if full_gradient else "last")
    check_against_the_oracle(oracle, made, 3, full_gradient)


@FAMILIES
@STATES
def test_what_is_observed_of_networks_with_blocks(family, changes):
    made = network(family=family, blocks=1, layer_capsules=5, **changes)
    images, labels = batch(3)
    seen = made.observe(images)
    assert torch.equal(seen.lengths, made(images).lengths)
    assert torch.equal(seen.lengths, made.scores(images))
    assert seen.couplings.shape == (3, seen.capsules.shape[1], 5)
    assert seen.presence.shape == seen.capsules.shape[:2]
    assert seen.reached.shape == (3, 5)
    for shares in (seen.presence, seen.reached, seen.lengths):
        assert 0 <= shares.min() <= shares.max() <= 1
    capsnet_loss(made(images, labels), images, labels).backward()
    assert all(parameter.grad.isfinite().all() for parameter in made.parameters())


@FAMILIES
@STATES
@pytest.mark.parametrize("size", [1, 9])
def test_networks_with_blocks_in_bfloat16_are_near_float32(family, changes, size):
    made, (images, labels) = network(family=family, blocks=2, **changes).float(), batch(size, torch.float32)

    def step(enabled):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled, cache_enabled=False):
            output = made(images, labels)
        return output, torch.autograd.grad(capsnet_loss(output, images, labels), list(made.parameters()))

    (half, half_grads), (single, grads) = step(True), step(False)
    assert half.lengths.dtype == torch.float32
    assert (half.lengths - single.lengths).abs().max() < 0.03
    found, expected = (torch.cat([g.flatten() for g in both]) for both in (half_grads, grads))
    assert (found - expected).norm() < 0.15 * expected.norm()


def test_a_chain_that_is_cut_says_so_and_others_say_nothing():
    assert network().remarks == network(family="residual_caps", blocks=20).remarks == ()
    assert deep("momentum_caps").remarks == ()
    (remark,) = network(family="momentum_caps", blocks=20, gamma=0.1).remarks
    assert "gamma=0.1 over 40 layers" in remark


def test_names_in_the_state_dict():
    names = [name for name in network(blocks=1, stem_convolutions=2).state_dict() if "decoder" not in name]
    assert names == [
        *("conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "primary.weight", "primary.bias"),
        *(
            "capsule_layer.weight",
            "blocks.layers.0.weight",
            "blocks.layers.1.weight",
            "class_capsules.weight",
        ),
    ]
    assert list(network(decoder="none").state_dict()) == [
        *("conv1.weight", "conv1.bias", "primary.weight", "primary.bias"),
        *("class_capsules.weight", "class_capsules.bias"),
    ]


@STATES
def test_a_network_with_blocks_can_be_copied_and_pickled(changes):
    made, (images, _) = network(family="momentum_caps", blocks=1, **changes), batch(2)
    for other in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert torch.equal(other(images).lengths, made(images).lengths)


def test_class_capsules_and_their_drawings_are_those_of_the_forward_pass():
    network = build_network(architecture(Choices(primary_capsules=4), 8, 8, 1, 10), 0).eval()
    images, labels = torch.rand(5, 1, 8, 8), torch.arange(5)
    with torch.no_grad():
        capsules, output = network.class_capsules_of(images), network(images, labels)
        torch.testing.assert_close(capsules.norm(dim=2), output.lengths)
        torch.testing.assert_close(network.decode(capsules, labels), output.reconstruction)


def test_a_network_without_a_decoder_draws_nothing():
    network = build_network(architecture(Choices(primary_capsules=4, decoder="none"), 8, 8, 1, 10), 0)
    with pytest.raises(UsageError, match="decoder=none"):
        network.decode(torch.rand(1, 10, 16), torch.zeros(1, dtype=torch.int64))
