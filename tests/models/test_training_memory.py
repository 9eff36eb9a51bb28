from contextlib import nullcontext

import pytest
import torch

from paretocaps.domain.choices import Choices
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.models.complexity import parameters
from paretocaps.models.losses import capsnet_loss
from paretocaps.models.training_memory import forecast_bytes, kept_numbers, training_bytes
from paretocaps.training.memory import saved_bytes, state_bytes

NETWORKS = [
    {"primary_capsules": 8},
    {"primary_capsules": 8, "decoder": "reduced", "weight_sharing": True, "routing_gradient": "all"},
    {"primary_capsules": 8, "stem_convolutions": 2, "routing_iterations": 1},
    {"primary_capsules": 8, "routing": "sda", "decoder": "none"},
    {"primary_capsules": 8, "routing": "sda", "routing_gradient": "last"},
    {"primary_capsules": 8, "routing": "em"},
    {"primary_capsules": 8, "blocks": 2},
    {"primary_capsules": 8, "family": "residual_caps", "blocks": 3},
    {"primary_capsules": 8, "family": "momentum_caps", "blocks": 3},
    {"family": "alexnet_caps"},
    {"family": "resnet_caps"},
    {"family": "lenet5"},
]
BACKBONES = [
    {"family": "backbone_caps", "backbone": "resnet18", "image_size": 32},
    {"family": "backbone_caps", "backbone": "mobilenet_v1", "image_size": 32, "frozen": True},
    {"family": "backbone_linear", "backbone": "resnet18", "image_size": 32},
    {"family": "backbone_linear", "backbone": "mobilenet_v1", "image_size": 32, "frozen": True},
]
CASES = [
    *((values, torch.float32) for values in NETWORKS),
    *((values, torch.bfloat16) for values in (NETWORKS[0], NETWORKS[5], {"family": "resnet_caps"})),
    *(pytest.param(values, torch.bfloat16, marks=pytest.mark.slow) for values in BACKBONES),
]


@pytest.mark.parametrize(("values", "dtype"), CASES, ids=str)
def test_it_is_near_what_is_measured(values, dtype) -> None:
    choices = Choices.model_validate(values)
    shape = architecture(choices, 28, 28, 1, 10)
    network = build_network(shape, seed=0).train()
    if choices.frozen:
        network.freeze_trunk()
    images, labels = torch.rand(6, 28, 28, 1).permute(0, 3, 1, 2), torch.arange(6)

    def loss(count: int) -> torch.Tensor:
        half = dtype == torch.bfloat16
        with torch.autocast("cpu", dtype, cache_enabled=False) if half else nullcontext():
            output = network(images[:count], labels[:count])
        return capsnet_loss(output, images[:count], labels[:count], choices.loss, torch.tensor(0.9))

    few, many = (saved_bytes(network, lambda n=n: loss(n)) for n in (2, 6))
    an_image = (many - few) / 4
    kept = kept_numbers(shape, frozen=choices.frozen)
    assert dtype.itemsize * kept.computed + 4 * kept.whole == pytest.approx(an_image, rel=0.25)
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    measured = few + parameters(shape) * 4 + sum(parameter.nbytes for parameter in trained) * 3
    estimated = training_bytes(shape, 2, itemsize=dtype.itemsize, frozen=choices.frozen)
    assert estimated == pytest.approx(measured, rel=0.06)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "ranger21"])
def test_the_state_of_every_optimiser(optimizer) -> None:
    from paretocaps.training.optimizer import build_optimizer, rate_tensor

    choices = Choices.model_validate({"optimizer": optimizer, "primary_capsules": 4})
    shape = architecture(choices, 12, 12, 1, 3)
    network = build_network(shape, seed=0)
    made = build_optimizer(network.parameters(), choices, rate_tensor(torch.device("cpu")))
    for parameter in network.parameters():
        parameter.grad = torch.ones_like(parameter)
    made.step()
    estimated = training_bytes(shape, 0, optimizer=optimizer)
    assert estimated == pytest.approx(state_bytes(network, made), rel=1e-3)


def test_large_images_need_gigabytes_for_their_decoder() -> None:
    shape = architecture(Choices(), 512, 512, 3, 10)
    assert parameters(shape) == 816_167_840
    assert training_bytes(shape, 128) > 13e9
    assert training_bytes(shape.model_copy(update={"decoder": "none"}), 128) < 1e9


@pytest.mark.parametrize(("precision", "itemsize"), [("auto", 4), ("fp32", 4), ("bf16", 2), ("fp16", 2)])
def test_an_automatic_precision_counts_as_float32(precision, itemsize) -> None:
    choices = Choices(precision=precision, primary_capsules=8)
    shape = architecture(choices, 28, 28, 1, 10)
    assert forecast_bytes(shape, 16, choices) == training_bytes(shape, 16, itemsize=itemsize)
