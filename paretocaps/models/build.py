"""Builds networks and initialises their weights."""

import torch

from paretocaps.domain.families.families import FAMILIES
from paretocaps.models.architecture import Architecture
from paretocaps.models.network import Init, Network


def bare_network(architecture: Architecture) -> Network:
    """Return the network of `architecture` with undefined weights, to be loaded or initialised.

    Raises:
        ParetocapsError: the family comes from a package that cannot be loaded.
    """
    family = FAMILIES.get(architecture.family)
    made = FAMILIES.resolve(family.name, family.module)
    with FAMILIES.blamed(family.name):
        network: Network = made(architecture)
        return network


def build_network(architecture: Architecture, seed: int, init: Init = "auto") -> Network:
    """Return a network whose weights follow from `seed` alone; no global random state changes.

    Args:
        architecture: the network to build.
        seed: any integer that torch accepts as a seed.
        init: the initialisation, see `initialise` of the family's network.

    Returns:
        A float32 network on the CPU, in training mode.
    """
    with torch.random.fork_rng(devices=[]):  # torch's own layers initialise themselves when they are created
        network = bare_network(architecture)
    network.initialise(torch.Generator().manual_seed(seed), init)
    return network
