"""The numbers that a forward pass keeps for its backward pass."""

from typing import NamedTuple


class Kept(NamedTuple):
    """The numbers that a training keeps per image for the backward pass.

    Attributes:
        computed: those in the precision of products, such as feature maps.
        whole: those in float32, whatever the precision of products is.
    """

    computed: int
    whole: int = 0
