import copy

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from paretocaps.errors import UsageError
from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network
from paretocaps.models.complexity import parameters
from paretocaps.models.families.capsnet import CapsNet
from paretocaps.models.losses import capsnet_loss
from paretocaps.models.pruning.prune import prune
from paretocaps.models.pruning.saliency import SALIENCIES, Saliencies, measure
from paretocaps.models.pruning.target import pruned, removed_share

SHAPE = {
    "height": 9,
    "width": 8,
    "channels": 2,
    "classes": 3,
    "conv_channels": 7,
    "capsule_types": 5,
    "decoder_units": (11, 13),
}
VARIANTS = pytest.mark.parametrize(
    "changes",
    [
        {},
        {"weight_sharing": True},
        {"decoder": "reduced"},
        {"decoder": "none"},
        {"family": "momentum_caps", "blocks": 1, "layer_capsules": 6},
        {"family": "residual_caps", "blocks": 1, "weight_sharing": True, "routing": "sda"},
        {"stem_convolutions": 2},
    ],
    ids=["plain", "shared", "reduced", "no decoder", "momentum", "residual, shared, sda", "two convolutions"],
)
CHANNELS, TYPES, UNITS = [1, 2, 6], [0, 4], ([3, 4, 10], [0, 7, 8, 12])
FIRST = [0, 3, 5]


def trained(steps=3, *, changes=(), options=(), dtype=torch.float32):
    network = build_network(Architecture(**SHAPE | dict(changes)), seed=0).to(dtype)
    optimizer = torch.optim.Adam(network.parameters(), **{"lr": 1e-2, "fused": True} | dict(options))
    for _ in range(steps):
        train(network, optimizer)
    return network, optimizer


def train(network, optimizer):
    generator = torch.Generator().manual_seed(1)
    dtype = network.conv1.weight.dtype
    images = torch.rand(6, 2, 9, 8, generator=generator, dtype=dtype)
    labels = torch.randint(3, (6,), generator=generator)
    optimizer.zero_grad()
    loss = capsnet_loss(network(images, labels), images, labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def target(network):
    widths = {"conv_channels": 3, "capsule_types": 2, "decoder_units": (3, 4)}
    return network.architecture.model_copy(update=widths)


def chosen(network):
    """Saliencies that keep CHANNELS, TYPES and UNITS."""

    def scores(count, keep):
        return torch.zeros(count).index_fill_(0, torch.tensor(keep), 1.0)

    units = () if network.decoder is None else (scores(11, UNITS[0]), scores(13, UNITS[1]))
    first = (scores(7, FIRST),) if network.architecture.stem_convolutions == 2 else ()
    return Saliencies(scores(7, CHANNELS), scores(5, TYPES), units, first)


def cut_by_hand(name, tensor, architecture):
    """What must stay of the tensor of the parameter called `name`, element by element."""
    shared, blocks = architecture.weight_sharing, architecture.blocks
    first = FIRST if architecture.stem_convolutions == 2 else CHANNELS
    positions = 6  # 9 x 8 images: 3 x 2 maps
    filters = [8 * t + d for t in TYPES for d in range(8)]
    matrices = TYPES if shared else [positions * t + p for t in TYPES for p in range(positions)]
    if name == "class_capsules.bias" or name.startswith("blocks"):
        return tensor
    if name == "class_capsules.weight" and blocks:
        return tensor
    if name.startswith("decoder"):
        _, _, layer, kind = name.split(".")
        rows = [*UNITS, list(range(len(tensor)))][int(layer)]
        cut = tensor[rows]
        return cut[:, UNITS[int(layer) - 1]] if kind == "weight" and layer != "0" else cut
    return {
        "conv1.weight": lambda: tensor[first],
        "conv1.bias": lambda: tensor[first],
        "conv2.weight": lambda: tensor[CHANNELS][..., FIRST],
        "conv2.bias": lambda: tensor[CHANNELS],
        "capsule_layer.weight": lambda: tensor[..., matrices],
        "primary.weight": lambda: tensor[filters][..., CHANNELS],
        "primary.bias": lambda: tensor[filters],
        "class_capsules.weight": lambda: tensor[..., matrices],
    }[name]()


@VARIANTS
def test_weights_and_state_of_what_stays_are_kept(changes):
    network, optimizer = trained(changes=changes)
    state = {
        name: {key: value.clone() for key, value in optimizer.state[parameter].items()}
        for name, parameter in network.named_parameters()
    }
    smaller, same = prune(network, optimizer, target(network), chosen(network))
    assert same is optimizer
    shape = network.architecture
    before = dict(network.named_parameters())
    for name, parameter in smaller.named_parameters():
        assert torch.equal(parameter, cut_by_hand(name, before[name], shape)), name
        assert parameter.is_contiguous()
        for moment in ("exp_avg", "exp_avg_sq"):
            found = optimizer.state[parameter][moment]
            assert torch.equal(found, cut_by_hand(name, state[name][moment], shape)), (name, moment)
            assert found.is_contiguous()
        assert optimizer.state[parameter]["step"] == state[name]["step"] == 3
    assert [id(p) for p in optimizer.param_groups[0]["params"]] == [id(p) for p in smaller.parameters()]
    assert len(optimizer.state) == len(before)


@VARIANTS
def test_the_network_is_physically_that_small(changes):
    network, optimizer = trained(1, changes=changes)
    smaller, _ = prune(network, optimizer, target(network), chosen(network))
    assert smaller.architecture == target(network)
    assert sum(p.numel() for p in smaller.parameters()) == parameters(target(network))
    shapes = {name: tuple(p.shape) for name, p in smaller.named_parameters()}
    assert shapes == {name: tuple(p.shape) for name, p in CapsNet(target(network)).named_parameters()}


@VARIANTS
def test_what_has_no_influence_is_not_missed(changes):
    network, optimizer = trained(changes=changes, dtype=torch.float64)
    keeping = [FIRST, CHANNELS] if network.architecture.stem_convolutions == 2 else [CHANNELS]
    with torch.no_grad():
        for kind in set(range(5)) - set(TYPES):
            network.primary.weight[8 * kind : 8 * kind + 8] = 0
            network.primary.bias[8 * kind : 8 * kind + 8] = 0
        for layer, keep in zip(network.stem, keeping, strict=True):
            gone = [k for k in range(7) if k not in keep]
            layer.weight[gone] = 0
            layer.bias[gone] = 0
        if network.decoder is not None:
            for layer, keep in zip(network.decoder.layers, UNITS, strict=False):
                out = [u for u in range(layer.out_features) if u not in keep]
                layer.weight[out] = 0
                layer.bias[out] = 0
    images = torch.rand(4, 2, 9, 8, dtype=torch.float64)
    before = network(images)
    smaller, _ = prune(network, optimizer, target(network), chosen(network))
    after = smaller(images)
    torch.testing.assert_close(after.lengths, before.lengths, rtol=1e-13, atol=1e-15)
    if before.reconstruction is not None:
        torch.testing.assert_close(after.reconstruction, before.reconstruction, rtol=1e-13, atol=1e-15)


@pytest.mark.slow
@VARIANTS
@pytest.mark.parametrize("saliency", list(SALIENCIES))
def test_training_goes_on_and_gets_better(changes, saliency):
    network, optimizer = trained(5, changes=changes)
    images = torch.rand(6, 2, 9, 8, generator=torch.Generator().manual_seed(1))
    saliencies = measure(network, [images], saliency, seed=0)
    smaller, optimizer = prune(network, optimizer, pruned(network.architecture, 0.5), saliencies)
    before = [p.detach().clone() for p in smaller.parameters()]
    first, *_, last = [train(smaller, optimizer) for _ in range(15)]
    assert last < first
    assert not any(torch.equal(a, b) for a, b in zip(before, smaller.parameters(), strict=True))
    assert optimizer.state[smaller.conv1.weight]["step"] == 20


def test_a_step_after_pruning_is_the_step_adam_would_take():
    network, optimizer = trained()
    smaller, optimizer = prune(network, optimizer, target(network), chosen(network))
    plain = CapsNet(smaller.architecture)
    plain.load_state_dict(smaller.state_dict())
    reference = torch.optim.Adam(plain.parameters(), lr=1e-2, fused=False, foreach=False)
    reference.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    reference.param_groups[0].update(fused=False, foreach=False)
    for _ in range(2):
        train(plain, reference)
        train(smaller, optimizer)
    for (name, a), b in zip(plain.named_parameters(), smaller.named_parameters(), strict=True):
        torch.testing.assert_close(a, b[1], rtol=1e-5, atol=1e-7, msg=name)


def test_multiply_adds_fall_by_the_asked_share():
    before = Architecture(height=8, width=8, channels=1, classes=10)
    network = build_network(before, seed=0)
    optimizer = torch.optim.Adam(network.parameters())
    after = pruned(before, 0.6)
    smaller, _ = prune(network, optimizer, after, measure(network, [], "random", seed=0))

    def flops(made):
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            made.primary(made.conv1(torch.rand(1, 1, 8, 8)))
        return counter.get_total_flops()

    assert removed_share(before, after) == pytest.approx(0.6, abs=0.01)
    assert 1 - flops(smaller) / flops(network) == pytest.approx(0.6, abs=0.05)


def test_options_flags_and_tensor_learning_rates_stay():
    lr = torch.tensor(3e-3)
    options = {"lr": lr, "betas": (0.8, 0.9), "weight_decay": 0.01, "capturable": False}
    network, optimizer = trained(2, options=options)
    other = torch.nn.Parameter(torch.ones(2))
    optimizer.add_param_group({"params": [other], "lr": 0.5})
    before = [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups]
    smaller, optimizer = prune(network, optimizer, target(network), chosen(network))
    after = [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups]
    assert before == after
    assert optimizer.param_groups[0]["lr"] is lr
    assert optimizer.param_groups[0]["fused"] is True
    assert optimizer.param_groups[1]["params"] == [other]
    assert train(smaller, optimizer) > 0


@pytest.mark.parametrize(
    "make", [torch.optim.SGD, torch.optim.AdamW, torch.optim.RMSprop, torch.optim.Adagrad]
)
def test_other_optimizers_are_cut_as_well(make):
    network = build_network(Architecture(**SHAPE), seed=0)
    optimizer = make(network.parameters(), lr=1e-3, **({"momentum": 0.9} if make is torch.optim.SGD else {}))
    train(network, optimizer)
    smaller, optimizer = prune(network, optimizer, target(network), chosen(network))
    shapes = {p.shape: v.shape for p in smaller.parameters() for v in optimizer.state[p].values() if v.dim()}
    assert shapes
    assert all(parameter == state for parameter, state in shapes.items())
    train(smaller, optimizer)


def test_an_optimizer_that_has_not_stepped_is_fine():
    network, optimizer = trained(0)
    smaller, optimizer = prune(network, optimizer, target(network), chosen(network))
    assert not optimizer.state
    assert train(smaller, optimizer) > 0


def test_mode_frozen_parameters_and_gradient_mode_stay_and_the_old_network_too():
    network = build_network(Architecture(**SHAPE, routing_gradient="all"), seed=0).double().eval()
    network.conv1.weight.requires_grad_(False)
    state = {name: value.clone() for name, value in network.state_dict().items()}
    optimizer = torch.optim.Adam(p for p in network.parameters() if p.requires_grad)
    smaller, _ = prune(network, optimizer, target(network), chosen(network))
    assert not smaller.training
    assert smaller.class_capsules.gradient == "all"
    assert not smaller.conv1.weight.requires_grad
    assert smaller.primary.weight.requires_grad
    assert {p.dtype for p in smaller.parameters()} == {torch.float64}
    with torch.no_grad():
        smaller.class_capsules.bias += 1
    assert all(torch.equal(state[name], value) for name, value in network.state_dict().items())


@VARIANTS
def test_a_pruned_network_comes_back_from_its_state_and_json(changes, tmp_path):
    network, optimizer = trained(changes=changes)
    smaller, _ = prune(network, optimizer, target(network), chosen(network))
    torch.save(smaller.state_dict(), tmp_path / "weights.pt")
    text = smaller.architecture.model_dump_json()
    rebuilt = CapsNet(Architecture.model_validate_json(text))
    rebuilt.load_state_dict(torch.load(tmp_path / "weights.pt"))
    images = torch.rand(2, 2, 9, 8)
    assert torch.equal(rebuilt(images).lengths, smaller(images).lengths)


def test_of_equals_the_first_stay():
    network, optimizer = trained(1)
    equal = Saliencies(torch.ones(7), torch.ones(5), (torch.ones(11), torch.ones(13)))
    smaller, _ = prune(network, optimizer, target(network), equal)
    assert torch.equal(smaller.conv1.weight, network.conv1.weight[:3])


@pytest.mark.parametrize(
    ("update", "message"),
    [
        ({"classes": 4}, "classes=4"),
        ({"blocks": 1}, "blocks=1"),
        ({"stem_convolutions": 2}, "stem_convolutions=2"),
        ({"weight_sharing": True}, "weight_sharing=True"),
        ({"conv_channels": 8}, "conv_channels=8.* only 7"),
        ({"capsule_types": 6}, "capsule_types=6.* only 5"),
        ({"decoder_units": (12, 4)}, "decoder_units"),
    ],
)
def test_a_target_that_is_no_smaller_network_is_refused(update, message):
    network, optimizer = trained(1)
    with pytest.raises(UsageError, match=message):
        prune(network, optimizer, network.architecture.model_copy(update=update), chosen(network))


def test_capsules_of_em_are_pruned_with_all_their_numbers():
    dims = {"capsule_dim": 17, "layer_dim": 17, "class_dim": 17}
    network, optimizer = trained(2, changes={"routing": "em", "blocks": 1, **dims})
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    smaller, _ = prune(network, optimizer, target(network), chosen(network))
    filters = [17 * t + d for t in TYPES for d in range(17)]
    matrices = [6 * t + p for t in TYPES for p in range(6)]
    assert torch.equal(smaller.primary.weight, before["primary.weight"][filters][..., CHANNELS])
    assert torch.equal(smaller.capsule_layer.weight, before["capsule_layer.weight"][..., matrices])
    assert torch.equal(smaller.capsule_layer.beta_a, before["capsule_layer.beta_a"])
    assert sum(p.numel() for p in smaller.parameters()) == parameters(target(network))
    assert train(smaller, optimizer) > 0
