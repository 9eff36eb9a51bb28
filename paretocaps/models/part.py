"""A part of a network, as descriptions and counts list it."""

from typing import NamedTuple


class Part(NamedTuple):
    """One part of a network: its name, its parameters and its forward multiply-adds per image."""

    name: str
    params: int
    macs: int
