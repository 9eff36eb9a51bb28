"""Whether a training can go on as a longer one; this file imports no torch."""

from collections.abc import Mapping
from typing import Any

from paretocaps.domain.choices import Choices
from paretocaps.domain.effect import Facts
from paretocaps.schedules.plan import build_plan
from paretocaps.schedules.pruning_start import warmup_epochs
from paretocaps.training.effects import IMAGES, MANY, RANKS


def shaped_by_end(choices: Mapping[str, Any], epochs: int, longer: int, facts: Facts) -> str:
    """Return why a training of `epochs` epochs does not begin as one of `longer` does (`Continuing`).

    It does where it prunes after the same epoch, and all its batches and learning rates are those of the
    longer one. Where it does not, the text names the choice; otherwise it is empty.
    """
    chosen = Choices.model_construct(None, **choices)
    pruned, later = (warmup_epochs(chosen, each) for each in (epochs, longer))
    if pruned != later:
        return f"it pruned after {pruned} of {epochs} epochs, and would after {later} of {longer}"
    if chosen.loss == "spread":
        return f"the margin of loss=spread has grown to its end in {epochs} epochs"
    ranks = chosen.ranks or facts.get(RANKS, 1)
    images = facts.get(IMAGES, MANY)
    rows, as_longer = (build_plan(chosen, images, each, ranks).rows() for each in (epochs, longer))
    for row, other in zip(rows, as_longer, strict=False):
        if row.batch_size != other.batch_size:
            return (
                f"the batch sizes of batch_schedule={chosen.batch_schedule} are laid out for {epochs} epochs"
            )
        if row != other:
            return f"the learning rate of lr_policy={chosen.lr_policy} is laid out for {epochs} epochs"
    return ""
