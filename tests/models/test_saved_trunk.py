import pytest
import torch

from paretocaps.models.architecture import Architecture
from paretocaps.models.backbone_checkpoint import checkpoint_standardises, checkpoint_widths, load_checkpoint
from paretocaps.models.build import build_network
from paretocaps.models.saved_trunk import save_trunk


@pytest.mark.parametrize("standardise", [False, True])
def test_a_saved_trunk_is_loaded_in_its_size_with_what_it_was_trained_on(tmp_path, standardise):
    whole = Architecture(
        height=32, width=32, channels=3, classes=3, family="backbone_caps", trunk="resnet18",
        capsule_types=1, decoder="none", standardise=standardise,
    )  # fmt: skip
    narrow = tuple(width // 8 for width in whole.trunk_shape.widths)
    shape = whole.model_copy(update={"trunk_channels": narrow})
    network, file = build_network(shape, 0), tmp_path / "new" / "trunk.safetensors"
    save_trunk(network, file)
    assert checkpoint_widths("resnet18", str(file)) == narrow
    assert checkpoint_standardises(str(file)) is standardise
    other = build_network(shape, 1)
    assert load_checkpoint(other, str(file)) == ()
    before, after = (one.get_submodule("trunk").state_dict() for one in (network, other))
    assert all(torch.equal(before[name], after[name]) for name in before)
