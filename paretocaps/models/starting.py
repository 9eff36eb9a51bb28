"""The architecture that a training starts with; this file imports torch only where a checkpoint is read."""

from paretocaps.domain.choices import Choices
from paretocaps.models.architecture import Architecture
from paretocaps.models.pruning.trunk_target import following


def starting_architecture(whole: Architecture, choices: Choices) -> Architecture:
    """Return `whole`, the architecture of `choices`, with the widths of its checkpoint's backbone.

    A checkpoint of a pruned backbone gives a narrow network: of the types of primary capsules as many stay as
    a pruning leaves (`following`).

    Raises:
        DataError: the checkpoint cannot be read.
    """
    if not choices.checkpoint:
        return whole
    from paretocaps.models.backbone_checkpoint import checkpoint_widths

    widths = checkpoint_widths(whole.trunk, choices.checkpoint)
    return following(whole, widths) if widths else whole
