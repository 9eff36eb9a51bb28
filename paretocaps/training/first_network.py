"""Makes the network that a training begins with."""

from paretocaps.domain.choices import Choices
from paretocaps.models.architecture import Architecture
from paretocaps.models.backbone_checkpoint import load_checkpoint
from paretocaps.models.build import build_network
from paretocaps.models.network import Network


def first_network(architecture: Architecture, choices: Choices, seed: int) -> tuple[Network, tuple[str, ...]]:
    """Return the initialised network, its trunk from a checkpoint where one is given, and remarks on it.

    Raises:
        DataError, UsageError: the checkpoint cannot be read, or belongs to another network.
    """
    network, remarks = build_network(architecture, seed, choices.init), list[str]()
    if choices.checkpoint:
        remarks += load_checkpoint(network, choices.checkpoint)
        if not choices.standardise:
            remarks.append(
                "public checkpoints were trained on normalised pixels: standardise=true is close to that"
            )
    if choices.frozen:
        network.freeze_trunk()
        if not choices.checkpoint:
            remarks.append("the frozen trunk has random weights: give it a checkpoint")
    return network, tuple(remarks)
