from functools import partial

import pytest
import torch
from sklearn.datasets import load_digits

from paretocaps.domain.choices import Choices
from paretocaps.models.architecture import Architecture, architecture
from paretocaps.models.build import build_network
from paretocaps.models.losses import capsnet_loss

DIGITS = {"height": 8, "width": 8, "channels": 1, "classes": 10}
SMALL = {**DIGITS, "conv_channels": 32, "capsule_types": 8}
slow = partial(pytest.param, marks=pytest.mark.slow)


def test_the_seed_decides_the_weights():
    first, again, other = (build_network(Architecture(**SMALL), seed) for seed in (5, 5, 6))
    for (name, a), b, c in zip(first.named_parameters(), again.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b), name
        assert name == "class_capsules.bias" or not torch.equal(a, c), name


def test_no_global_random_state_moves_or_matters():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = build_network(Architecture(**SMALL), 5)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    again = build_network(Architecture(**SMALL), 5)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))


def test_weights_are_drawn_as_documented():
    network = build_network(Architecture(**DIGITS), seed=0)
    assert network.class_capsules.weight.std().item() == pytest.approx(128**-0.5, rel=0.02)
    shared = build_network(Architecture(**DIGITS, weight_sharing=True), seed=0)
    assert shared.class_capsules.weight.std().item() == pytest.approx((128 * 4) ** -0.5, rel=0.02)
    assert network.class_capsules.bias.count_nonzero() == 0
    for layer in (network.conv1, network.primary, *network.decoder.layers):
        bound = layer.weight[0].numel() ** -0.5
        assert layer.weight.abs().max().item() == pytest.approx(bound, rel=0.01)
        assert layer.weight.mean().abs() < 0.1 * bound
        assert layer.bias.abs().max() <= bound


@pytest.mark.parametrize("changes", [{"blocks": 2}, {"routing": "sda"}, {"stem_convolutions": 2}])
@pytest.mark.parametrize("init", ["auto", "paper"])
def test_of_every_family_the_seed_decides_and_no_global_state_moves(changes, init):
    before = torch.get_rng_state()
    first, again, other = (build_network(Architecture(**SMALL, **changes), seed, init) for seed in (5, 5, 6))
    assert torch.equal(torch.get_rng_state(), before)
    for (name, a), b, c in zip(first.named_parameters(), again.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b), name
        assert name == "class_capsules.bias" or not torch.equal(a, c), name


@pytest.mark.parametrize(
    ("family", "between"), [("residual_caps", 0.25), ("momentum_caps", 0.25), ("capsnet", 1.5)]
)
@pytest.mark.parametrize("weight_sharing", [False, True])
def test_layers_of_networks_with_blocks_are_drawn_as_documented(family, between, weight_sharing):
    shape = Architecture(**DIGITS, family=family, blocks=3, weight_sharing=weight_sharing)
    gains = [0.7, *[between] * 6, 1.0]
    for layer, gain in zip(build_network(shape, seed=0).capsule_layers, gains, strict=True):
        sizes = layer.shape
        sharing = sizes.inputs / sizes.matrices
        expected = gain * sizes.outputs / (sizes.inputs * sharing * sizes.out_dim) ** 0.5
        assert layer.weight.std().item() == pytest.approx(expected, rel=0.04)


def test_at_gain_1_equally_coupled_votes_sum_to_the_length_of_the_capsules_that_vote():
    layer = build_network(Architecture(**DIGITS, blocks=1, capsule_types=64), seed=0).class_capsules
    states = torch.nn.functional.normalize(
        torch.randn(200, 32, 8, generator=torch.Generator().manual_seed(1)), dim=2
    )
    sums = torch.einsum("odei,bie->bod", layer.weight, states) / layer.shape.outputs
    assert sums.norm(dim=2).square().mean().sqrt().item() == pytest.approx(1.0, rel=0.05)


def test_the_papers_initialisation_is_n_0_001_without_blocks_too():
    paper = build_network(Architecture(**DIGITS), seed=0, init="paper")
    assert paper.class_capsules.weight.std().item() == pytest.approx(0.01, rel=0.03)


@pytest.mark.parametrize(("family", "paper"), [("alexnet_caps", 0.01), ("backbone_caps", 0.1)])
def test_matrices_on_deep_trunks_are_drawn_as_documented(family, paper):
    shape = Architecture(**{**DIGITS, "image_size": 32}, family=family, trunk="alexnet", decoder="none")
    for init, std in (("auto", 288**-0.5), ("paper", paper)):
        layer = build_network(shape, seed=0, init=init).class_capsules
        assert layer.weight.std().item() == pytest.approx(std, rel=0.02)
        assert layer.bias is None


def test_lenet5_is_drawn_as_torch_draws_it():
    network = build_network(architecture(Choices(family="lenet5"), 28, 28, 1, 10), seed=0)
    for layer in network.children():
        bound = layer.weight[0].numel() ** -0.5
        assert layer.weight.abs().max().item() == pytest.approx(bound, rel=0.05)
        assert layer.bias.abs().max() <= bound


def test_alexcapsnet_starts_with_capsules_that_are_there():
    made = build_network(architecture(Choices(family="alexnet_caps"), 28, 28, 1, 10), seed=0)
    images = torch.rand(16, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    assert 0.2 < made.observe(images).presence.mean().item() < 0.9


def test_parameters_are_contiguous_so_that_fused_optimizers_copy_none():
    assert all(
        parameter.is_contiguous() for parameter in build_network(Architecture(**SMALL), 0).parameters()
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "autocast", "reached"),
    [
        ({}, False, 0.85),
        ({}, True, 0.85),
        ({"weight_sharing": True, "decoder": "reduced"}, False, 0.6),
        slow({"family": "residual_caps", "blocks": 1}, False, 0.8),
        slow({"family": "momentum_caps", "blocks": 6}, True, 0.8),
        slow({"family": "momentum_caps", "blocks": 1, "routing": "sda"}, False, 0.7),
        slow(
            {"family": "alexnet_caps", "trunk": "alexnet", "image_size": 28, "decoder": "none"}, False, 0.75
        ),
        ({"family": "lenet5", "image_size": 28}, False, 0.75),
    ],
    ids=[
        "float32", "bfloat16", "shared, reduced decoder", "residual", "momentum", "momentum, sda",
        "alexnet", "lenet5",
    ],
)  # fmt: skip
def test_digits_are_learned_quickly_at_the_papers_learning_rate(changes, autocast, reached):
    digits = load_digits()
    images = torch.tensor(digits.images / 16, dtype=torch.float32).unsqueeze(1)
    labels = torch.tensor(digits.target)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    train, check = order[:1400], order[1400:]
    network = build_network(Architecture(**SMALL, **changes), seed=0)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    accuracy = 0.0
    for step, batch in enumerate(2 * train.split(16), start=1):  # two epochs at most
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
            output = network(images[batch], labels[batch])
        capsnet_loss(output, images[batch], labels[batch]).backward()
        optimizer.step()
        if step % 44 == 0:
            with torch.no_grad():
                right = network(images[check]).lengths.argmax(1) == labels[check]
            accuracy = right.double().mean().item()
            if accuracy > reached:
                break
    assert accuracy > reached


@pytest.mark.parametrize("family", ["residual_caps", "momentum_caps"])
def test_em_states_do_not_double_at_every_skip(family):
    made = build_network(
        architecture(Choices(family=family, blocks=8, routing="em", decoder="none"), 8, 8, 1, 10), 0
    )
    images = torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    state = made.capsule_layers[0](made.primary(made.conv1(images)))
    with torch.no_grad():
        grown = made.blocks(state)[..., :16].abs().max() / state[..., :16].abs().max()
    assert grown < 10


@pytest.mark.parametrize(("init", "expected"), [("auto", 1 / 16), ("paper", 0.1)])
def test_capsules_on_a_backbone_are_drawn_as_documented(init, expected):
    shape = Architecture(
        height=32, width=32, channels=3, classes=10, family="backbone_caps", trunk="resnet18",
        capsule_types=256, decoder="none",
    )  # fmt: skip
    widths = tuple(width // 16 for width in shape.trunk_shape.widths)
    network = build_network(shape.model_copy(update={"trunk_channels": widths}), 0, init)
    assert network.class_capsules.weight.std().item() == pytest.approx(expected, rel=0.02)
    assert network.class_capsules.bias is None


@pytest.mark.slow
def test_capsules_on_a_backbone_learn_from_random_weights():
    shape = Architecture(
        height=8, width=8, channels=1, classes=10, family="backbone_caps", trunk="resnet18", image_size=32,
        capsule_types=16, decoder="none",
    )  # fmt: skip
    widths = tuple(width // 4 for width in shape.trunk_shape.widths)
    network = build_network(shape.model_copy(update={"trunk_channels": widths}), 0)
    digits = load_digits()
    images = torch.tensor(digits.images / 16, dtype=torch.float32).unsqueeze(1)
    labels = torch.tensor(digits.target)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    for _ in range(4):
        for batch, truth in zip(images[:900].split(25), labels[:900].split(25), strict=True):
            optimizer.zero_grad()
            capsnet_loss(network(batch, truth), batch, truth).backward()
            optimizer.step()
    with torch.no_grad():
        right = network.eval().scores(images[900:]).argmax(1) == labels[900:]
    assert right.float().mean() > 0.85
