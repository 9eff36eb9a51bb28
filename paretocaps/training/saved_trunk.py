"""Saves the trunk of a trained network as a checkpoint, from which other trainings start."""

from pathlib import Path

from safetensors.torch import save

from paretocaps.models.backbone_checkpoint import STANDARDISED
from paretocaps.training.weights import load_weights
from paretocaps.writing import whole_file


def save_trunk(weights: Path, path: Path) -> None:
    """Write the trunk of the network in `weights` (see `save_weights`) to `path`, whole or not at all.

    The file has the names and the shapes of the trunk's tensors, by which a pruned trunk is recognised, and
    says whether it was trained on standardised images.

    Raises:
        DataError: the weights cannot be read.
        OSError: the file cannot be written.
    """
    network = load_weights(weights)
    tensors = {
        name: value.contiguous() for name, value in network.get_submodule("trunk").state_dict().items()
    }
    said = {"format": "pt", STANDARDISED: str(network.architecture.standardise).lower()}
    with whole_file(path) as stream:
        stream.write(save(tensors, said))
