"""AdaBatch: training begins with a small batch size and continues with larger ones."""

from paretocaps.domain.choices import Choices
from paretocaps.schedules.phase import Phase, lay_out


def adabatch(choices: Choices, images: int, epochs: int) -> tuple[Phase, ...]:
    """Return the phases of AdaBatch (X-TrainCaps and FasTrCaps, Algorithm 3).

    The batch size is `first_batch` for `first_epochs` epochs, then 2^P with P = `adabatch_p`. With
    `growth="doubling"` (Algorithm 3) it doubles twice, after `phase_epochs` epochs each: 2^P, 2^(P+1), then
    2^(P+2) for the rest. By default it is 1 for epochs 1-3, 16 for 4-8, 32 for 9-13, and 64 from 14 on. With
    `growth="once"` it stays at 2^P: so the papers' text describes WarmAdaBatch, although its Algorithm 5
    calls AdaBatch(4); both readings are offered.

    A phase is separate from the one before it even if both have the same batch size.
    """
    second, batch_size = 1 + choices.first_epochs, 2**choices.adabatch_p
    starts = [(1, choices.first_batch), (second, batch_size)]
    if choices.growth == "doubling":
        starts += [(second + n * choices.phase_epochs, 2**n * batch_size) for n in (1, 2)]
    return lay_out(starts, images, epochs, choices.accumulate)
