"""Computes the sizes of a backbone with a linear layer; this file imports no torch."""

from paretocaps.models.architecture import Architecture
from paretocaps.models.complexity import trunk_parts
from paretocaps.models.kept import Kept
from paretocaps.models.part import Part
from paretocaps.models.training_memory import trunk_kept


def parts(a: Architecture) -> list[Part]:
    """Return the backbone and the linear layer."""
    inputs = a.trunk_shape.channels
    return [*trunk_parts(a), Part("linear", (inputs + 1) * a.classes, inputs * a.classes)]


def kept(a: Architecture, frozen: bool = False) -> Kept:
    """Return the numbers that a training keeps per image: those of the backbone, the means and the logits.

    Of a frozen backbone only the means reach a layer that learns.
    """
    before = 0 if frozen else trunk_kept(a)
    return Kept(before + a.trunk_shape.channels, 2 * a.classes)
