"""When a training ends by itself."""

from collections.abc import Sequence

from paretocaps.domain.measurement import EpochRecord


def out_of_patience(records: Sequence[EpochRecord], patience: int) -> bool:
    """Return whether the validation loss has not fallen below its lowest for `patience` epochs.

    The Efficient CapsNets paper stops early on the validation loss with patience 10. Only the epochs since
    the last structural change count: a pruning raises the loss, and its network is a new one.

    Args:
        records: the epochs so far, in order.
        patience: epochs; 0 never ends a training.
    """
    if not patience or not records:
        return False
    losses = [r.val_loss for r in records if r.network == records[-1].network and r.val_loss is not None]
    if not losses:
        return False
    lowest = losses.index(min(losses))
    return len(losses) - 1 - lowest >= patience
