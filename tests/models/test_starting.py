import pytest
from safetensors.torch import save_file

from paretocaps.domain.choices import Choices
from paretocaps.errors import DataError
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.models.pruning.target import pruned
from paretocaps.models.starting import starting_architecture

CHOICES = {"family": "backbone_caps", "backbone": "resnet18", "image_size": 32}
IMAGES = (32, 32, 3, 10)


def test_without_a_checkpoint_it_is_that_of_the_choices():
    choices = Choices(**CHOICES)
    whole = architecture(choices, *IMAGES)
    assert starting_architecture(whole, choices) == whole


@pytest.mark.parametrize("types", [64, 20])
def test_a_pruned_checkpoint_gives_what_its_pruning_left(tmp_path, types):
    whole = architecture(Choices(**CHOICES, primary_capsules=types), *IMAGES)
    left, file = pruned(whole, 0.5), str(tmp_path / "half.safetensors")
    trunk = build_network(left, 0).get_submodule("trunk")
    save_file({name: value.contiguous() for name, value in trunk.state_dict().items()}, file)
    choices = Choices(**CHOICES, primary_capsules=types, checkpoint=file)
    again = starting_architecture(architecture(choices, *IMAGES), choices)
    assert again == left
    assert again.capsule_types == types * left.trunk_shape.channels // 512


def test_a_checkpoint_that_is_missing_is_said():
    choices = Choices(**CHOICES, checkpoint="none.pt")
    with pytest.raises(DataError, match="does not exist"):
        starting_architecture(architecture(choices, *IMAGES), choices)
