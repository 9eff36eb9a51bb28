import pytest
from pydantic import ValidationError

from paretocaps.domain.choices import Choices
from paretocaps.domain.routings.routing import LayerShape
from paretocaps.errors import DataError, UnknownNameError, UsageError
from paretocaps.models.architecture import Architecture, architecture


def test_choices_become_an_architecture():
    choices = Choices(primary_capsules=12, weight_sharing=True, decoder="reduced", routing_iterations=2)
    found = architecture(choices, 28, 20, 3, 7)
    assert found == Architecture(
        height=28,
        width=20,
        channels=3,
        classes=7,
        conv_channels=256,
        capsule_types=12,
        capsule_dim=8,
        class_dim=16,
        weight_sharing=True,
        decoder="reduced",
        decoder_units=(512, 1024),
        routing_iterations=2,
    )


def test_choices_of_training_alone_make_no_difference():
    plain = architecture(Choices(), 28, 28, 1, 10)
    assert architecture(Choices(lr_max=1e-2, batch_size=16, pruning_ratio=0.5), 28, 28, 1, 10) == plain


def test_counts_follow_from_the_maps():
    baseline = architecture(Choices(), 28, 28, 1, 10)
    assert (baseline.positions, baseline.capsules, baseline.matrices, baseline.pixels) == (
        36,
        1152,
        1152,
        784,
    )
    shared = architecture(Choices(weight_sharing=True), 8, 8, 3, 10)
    assert (shared.positions, shared.capsules, shared.matrices, shared.pixels) == (4, 128, 32, 192)


@pytest.mark.parametrize("decoder", ["full", "reduced", "none"])
def test_json_brings_it_back(decoder):
    before = architecture(Choices(decoder=decoder, weight_sharing=True), 32, 28, 3, 5)
    before = before.model_copy(update={"decoder_units": (100, 200), "capsule_types": 7})
    assert Architecture.model_validate_json(before.model_dump_json()) == before


def test_it_is_frozen_and_knows_its_fields():
    found = architecture(Choices(), 28, 28, 1, 10)
    with pytest.raises(ValidationError, match="frozen"):
        found.classes = 3
    with pytest.raises(ValidationError, match="Extra"):
        Architecture(height=28, width=28, channels=1, classes=10, depth=3)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((7, 28, 1, 10), "7x28"),
        ((28, 28, 0, 10), "0 channels"),
        ((28, 28, 1, 1), "1 classes"),
    ],
)
def test_images_that_cannot_be_classified_are_refused(shape, message):
    with pytest.raises(DataError, match=message):
        architecture(Choices(), *shape)


DEEP = {"family": "momentum_caps", "blocks": 2, "capsules": 64, "gamma": 0.5}


def test_choices_of_deep_networks_become_an_architecture():
    found = architecture(Choices(**DEEP, routing="sda", stem_convolutions=2), 28, 28, 1, 10)
    assert (found.family, found.blocks, found.layer_capsules, found.gamma) == ("momentum_caps", 2, 64, 0.5)
    assert (found.routing, found.stem_convolutions) == ("sda", 2)
    assert Architecture.model_validate_json(found.model_dump_json()) == found


def test_the_layers_of_a_deep_network():
    first, *between, last = architecture(Choices(**DEEP, weight_sharing=True), 28, 28, 1, 10).layers
    assert first == LayerShape(inputs=1152, outputs=64, in_dim=8, out_dim=8, matrices=32)
    assert between == [LayerShape(inputs=64, outputs=64, in_dim=8, out_dim=8, matrices=64)] * 4
    assert last == LayerShape(inputs=64, outputs=10, in_dim=8, out_dim=16, matrices=64)


def test_without_blocks_there_are_the_class_capsules_alone_and_they_have_a_bias():
    plain = architecture(Choices(), 28, 28, 1, 10)
    assert plain.layers == (LayerShape(inputs=1152, outputs=10, in_dim=8, out_dim=16, matrices=1152),)
    assert plain.class_bias
    assert not architecture(Choices(**DEEP), 28, 28, 1, 10).class_bias
    assert not architecture(Choices(routing="em"), 28, 28, 1, 10).class_bias


def test_states_of_em_are_17_numbers_everywhere():
    found = architecture(Choices(blocks=1, routing="em"), 28, 28, 1, 10)
    assert (found.capsule_dim, found.layer_dim, found.class_dim) == (17, 17, 17)


def test_json_from_before_there_were_blocks_still_says_what_it_said():
    text = '{"height": 28, "width": 28, "channels": 1, "classes": 10, "weight_sharing": true}'
    assert Architecture.model_validate_json(text) == architecture(Choices(weight_sharing=True), 28, 28, 1, 10)


def test_blocks_and_routing_that_cannot_be() -> None:
    size = {"height": 8, "width": 8, "channels": 1, "classes": 10}
    with pytest.raises(UsageError, match="blocks=0 is too few for family=momentum_caps"):
        Architecture(**size, family="momentum_caps")
    with pytest.raises(UnknownNameError, match="unknown routing 'foo'"):
        Architecture(**size, routing="foo")


@pytest.mark.parametrize(
    ("family", "shape", "side"),
    [
        ("capsnet", (8, 8), None),
        ("alexnet_caps", (8, 8), 28),
        ("alexnet_caps", (28, 28), None),
        ("alexnet_caps", (32, 30), None),
        ("alexnet_caps", (27, 64), 28),
        ("resnet_caps", (8, 8), 78),
        ("resnet_caps", (28, 28), 78),
        ("resnet_caps", (224, 224), 78),
        ("lenet5", (8, 8), 28),
        ("lenet5", (32, 32), None),
    ],
)
def test_families_resize_images_as_their_papers_do_or_where_they_are_too_small(family, shape, side):
    found = architecture(Choices(family=family), *shape, 3, 10)
    assert found.image_size == side
    assert found.input_size == (shape if side is None else (side, side))
    assert Architecture.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize("family", ["capsnet", "alexnet_caps", "resnet_caps", "lenet5"])
def test_an_image_size_that_is_asked_for_holds(family):
    found = architecture(Choices(family=family, image_size=40), 28, 20, 1, 10)
    assert found.input_size == (40, 40)
    assert found.pixels == 560  # what a decoder draws is the image itself


@pytest.mark.parametrize(
    ("family", "side", "smallest"), [("alexnet_caps", 27, 28), ("lenet5", 20, 28), ("resnet_caps", 8, 9)]
)
def test_images_too_small_for_a_family_are_refused(family, side, smallest):
    whole = architecture(Choices(family=family), 28, 28, 1, 10).model_dump()
    with pytest.raises(
        DataError, match=rf"{side}x{side} pixels are too small .* image_size to {smallest} or"
    ):
        Architecture.model_validate(whole | {"image_size": side})


def test_hybrids_have_their_papers_capsules_and_no_bias():
    alex, res = (architecture(Choices(family=f"{n}_caps"), 28, 28, 1, 10) for n in ("alexnet", "resnet"))
    assert (alex.trunk, alex.capsule_types, alex.positions, alex.capsules) == ("alexnet", 32, 4, 128)
    assert (res.trunk, res.capsule_types, res.positions, res.capsules) == ("residual", 16, 81, 1296)
    assert not alex.class_bias
    assert not res.class_bias
    shared = architecture(Choices(family="resnet_caps", weight_sharing=True), 28, 28, 1, 10)
    assert shared.matrices == 16


def test_classes_and_channels_are_checked_for_every_family():
    for family in ("alexnet_caps", "resnet_caps", "lenet5"):
        with pytest.raises(DataError, match="1 classes"):
            architecture(Choices(family=family), 28, 28, 1, 1)
        with pytest.raises(DataError, match="0 channels"):
            architecture(Choices(family=family), 28, 28, 0, 10)


@pytest.mark.parametrize(
    ("decoder", "widths"), [("full", (160, 512, 1024, 784)), ("reduced", (16, 512, 1024, 784))]
)
def test_the_decoder_reads_all_poses_or_one(decoder, widths):
    mnist = Architecture(height=28, width=28, channels=1, classes=10, decoder=decoder)
    assert mnist.decoder_widths == widths


def test_labels_that_are_no_pairs_are_refused():
    with pytest.raises(ValueError, match="7 labels are not the pairs of any number of classes"):
        architecture(Choices(), 28, 28, 1, 7, pairs=True)
