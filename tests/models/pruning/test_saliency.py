import pytest
import torch

from paretocaps.domain.choices import Choices
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network
from paretocaps.models.pruning.saliency import SALIENCIES, measure

EACH = pytest.mark.parametrize("name", list(SALIENCIES))
SHAPE = {"height": 9, "width": 8, "channels": 2, "classes": 3, "conv_channels": 7, "capsule_types": 5}


def network(**changes):
    return build_network(Architecture(**SHAPE, decoder_units=(11, 13), **changes), seed=0)


def images(count, seed=1):
    return torch.rand(count, 2, 9, 8, generator=torch.Generator().manual_seed(seed))


def numbers(saliencies):
    return [saliencies.conv_channels, saliencies.capsule_types, *saliencies.decoder_units]


def test_every_saliency_that_can_be_chosen_is_known():
    assert set(SALIENCIES) == set(Choices.model_fields["saliency"].annotation.__args__)


@EACH
@pytest.mark.parametrize("decoder", ["full", "reduced", "none"])
@pytest.mark.parametrize("weight_sharing", [False, True])
def test_there_is_a_finite_number_for_every_part(name, decoder, weight_sharing):
    made = network(decoder=decoder, weight_sharing=weight_sharing)
    found = numbers(measure(made, [images(3)], name, seed=0))
    assert [tuple(part.shape) for part in found] == [
        (7,),
        (5,),
        *([] if decoder == "none" else [(11,), (13,)]),
    ]
    assert all(part.isfinite().all() for part in found)
    signed = 1 if name == "routing" else None  # a type may speak against the class
    assert all((part >= 0).all() for number, part in enumerate(found) if number != signed)
    assert all(part.unique().numel() > 1 for part in found)


@EACH
@pytest.mark.parametrize(
    "changes",
    [
        {"family": "momentum_caps", "blocks": 1},
        {"routing": "sda"},
        {"routing": "em", "blocks": 1, "capsule_dim": 17, "layer_dim": 17, "class_dim": 17},
        {"stem_convolutions": 2},
    ],
    ids=["momentum", "sda", "em", "two convolutions"],
)
def test_every_network_has_finite_saliencies(name, changes):
    found = measure(network(**changes), [images(3), images(2)], name, seed=0)
    parts = [*numbers(found), *found.first_channels]
    assert [tuple(part.shape) for part in parts[:2]] == [(7,), (5,)]
    assert [tuple(part.shape) for part in found.first_channels] == (
        [(7,)] if "stem_convolutions" in changes else []
    )
    assert all(part.isfinite().all() and part.unique().numel() > 1 for part in parts)
    assert all((part >= 0).all() for number, part in enumerate(parts) if number != 1 or name != "routing")


@EACH
def test_measuring_changes_nothing_and_repeats(name):
    made = network()
    before = {key: value.clone() for key, value in made.state_dict().items()}
    state = torch.get_rng_state()
    first, again = (measure(made, [images(3)], name, seed=4) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(numbers(first), numbers(again), strict=True))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(before[key], value) for key, value in made.state_dict().items())
    assert all(parameter.grad is None for parameter in made.parameters())


@pytest.mark.parametrize("name", ["routing", "activation"])
def test_images_count_the_same_in_any_batches(name):
    made, batch = network().double(), images(7).double()
    at_once = numbers(measure(made, [batch], name, seed=0))
    in_parts = numbers(measure(made, iter(batch.split(3)), name, seed=0))
    for a, b in zip(at_once, in_parts, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-15)
    other = numbers(measure(made, [images(7, seed=9).double()], name, seed=0))
    assert not torch.equal(at_once[1], other[1])


def test_lots_follow_the_seed():
    a, b = (measure(network(), [], "random", seed).capsule_types for seed in (1, 2))
    assert not torch.equal(a, b)
    assert a.min() >= 0
    assert a.max() < 1


@pytest.mark.parametrize("name", ["routing", "activation"])
def test_no_images_are_refused_where_they_are_looked_at(name):
    with pytest.raises(UsageError, match="0 images"):
        measure(network(), [], name, seed=0)


def test_an_unknown_saliency_is_refused_with_the_known_ones():
    with pytest.raises(UnknownNameError, match="magnitude"):
        measure(network(), [], "magnitud", seed=0)


@pytest.mark.parametrize("decoder", ["full", "none"])
def test_saliencies_are_made_again_from_their_names(decoder):
    found = measure(network(decoder=decoder), [images(3)], "magnitude", seed=0)
    named = found.named()
    assert len(named) == len(numbers(found)) + len(found.first_channels)
    again = type(found).of(dict(reversed(named.items())))
    assert all(a is b for a, b in zip(numbers(again), numbers(found), strict=True))
    assert len(again.first_channels) == len(found.first_channels)
