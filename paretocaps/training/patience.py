"""Decides when a training ends before its last epoch because it no longer improves."""

from collections.abc import Sequence

from paretocaps.domain.measurement import EpochRecord


def out_of_patience(records: Sequence[EpochRecord], patience: int) -> bool:
    """Return whether the validation loss has not reached a new minimum for `patience` epochs.

    The Efficient CapsNets paper stops early on the validation loss with patience 10. Only the epochs since
    the network was last pruned count, because pruning raises the loss.

    Args:
        records: the epochs so far, in order.
        patience: a number of epochs; with 0 no training ends early.
    """
    if not patience or not records:
        return False
    losses = [r.val_loss for r in records if r.network == records[-1].network and r.val_loss is not None]
    if not losses:
        return False
    lowest = losses.index(min(losses))
    return len(losses) - 1 - lowest >= patience
