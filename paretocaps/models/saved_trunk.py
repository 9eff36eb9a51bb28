"""Saves the trunk of a trained network as a checkpoint, from which other trainings start."""

from pathlib import Path

from safetensors.torch import save

from paretocaps.models.backbone_checkpoint import STANDARDISED
from paretocaps.models.network import Network
from paretocaps.writing import whole_file


def save_trunk(network: Network, path: Path) -> None:
    """Write the trunk of a network on the CPU to `path`, in safetensors' format, whole or not at all.

    The file has the names and the shapes of the trunk's tensors, by which a pruned trunk is recognised, and
    says whether it was trained on standardised images.

    Raises:
        OSError: the file cannot be written.
    """
    state = network.get_submodule("trunk").state_dict()
    tensors = {name: value.contiguous() for name, value in state.items()}
    said = {"format": "pt", STANDARDISED: str(network.architecture.standardise).lower()}
    with whole_file(path) as stream:
        stream.write(save(tensors, said))
