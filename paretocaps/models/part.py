"""The parts that a network is described by."""

from typing import NamedTuple


class Part(NamedTuple):
    """One part of a network: its name, its trained parameters and its forward multiply-adds per sample."""

    name: str
    params: int
    macs: int
