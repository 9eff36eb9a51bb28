"""When a training prunes its network."""

from paretocaps.domain.choices import Choices


def warmup_epochs(choices: Choices, epochs: int) -> int | None:
    """Return after how many epochs the network is pruned, or None where it never is.

    `pruning_start` is the share of the epochs that come before. Unless it is 0, at least one epoch does where
    there are several; never all of them do, so that the pruned network is trained too.
    """
    if choices.pruning_ratio == 0.0:
        return None
    if epochs == 1:
        return 0
    return min(max(round(choices.pruning_start * epochs), 1 if choices.pruning_start > 0 else 0), epochs - 1)
