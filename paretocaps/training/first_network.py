"""Makes the network that a training begins with."""

from collections.abc import Mapping
from typing import Any

import torch

from paretocaps.domain.choices import Choices
from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.models.architecture import Architecture
from paretocaps.models.backbone_checkpoint import checkpoint_standardises, load_checkpoint
from paretocaps.models.build import build_network
from paretocaps.models.network import Network
from paretocaps.training.weights import unpacked


def network_to_train(
    architecture: Architecture, choices: Choices, seed: int, state: Mapping[str, Any] | None
) -> tuple[Network, tuple[str, ...]]:
    """Return the network that a training begins or, from a checkpoint's state, goes on with.

    With it come the remarks on how it began.

    Raises:
        DataError, UsageError, ParetocapsError: as for `first_network`.
    """
    if state is None:
        return first_network(architecture, choices, seed)
    network = unpacked(state["network"])
    if choices.frozen:
        network.freeze_trunk()
    return network, tuple(state["started"])


def first_network(architecture: Architecture, choices: Choices, seed: int) -> tuple[Network, tuple[str, ...]]:
    """Return the initialised network, its trunk from a checkpoint where one is given, and remarks on it.

    Raises:
        DataError, UsageError: the checkpoint cannot be read, or belongs to another network.
        ParetocapsError: the family or the routing of a package answers images with an error or a wrong shape.
    """
    network, remarks = build_network(architecture, seed, choices.init), list[str]()
    _check_plug_ins(network)
    if choices.checkpoint:
        remarks += load_checkpoint(network, choices.checkpoint)
        remarks += _on_standardisation(choices)
    if choices.frozen:
        network.freeze_trunk()
        if not choices.checkpoint:
            remarks.append("the frozen trunk has random weights: give it a checkpoint")
    return network, tuple(remarks)


def _on_standardisation(choices: Choices) -> list[str]:
    """Return a remark where the checkpoint was trained on other pixel values than the choices give it."""
    standardised = checkpoint_standardises(choices.checkpoint)
    if standardised is None:
        if choices.standardise:
            return []
        return ["public checkpoints were trained on normalised pixels: standardise=true is close to that"]
    if standardised == choices.standardise:
        return []
    said = str(standardised).lower()
    return [f"checkpoint {choices.checkpoint} was trained with standardise={said}: set the same"]


def _check_plug_ins(network: Network) -> None:
    """Show two images to a network that other packages have parts in, so that a failure names the package."""
    a = network.architecture
    if not (FAMILIES.plugged_in(a.family) or ROUTINGS.plugged_in(a.routing)):
        return
    images = torch.rand(2, a.channels, a.height, a.width, generator=torch.Generator().manual_seed(0))
    network.eval()
    with FAMILIES.blamed(a.family), ROUTINGS.blamed(a.routing), torch.random.fork_rng(devices=[]):
        with torch.no_grad():
            scores = network(images).lengths
        if scores.shape != (2, a.classes):
            raise ValueError(f"scores of shape {tuple(scores.shape)} where {(2, a.classes)} is due")
    network.train()
