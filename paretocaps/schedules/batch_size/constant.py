"""A constant batch size."""

from paretocaps.domain.choices import Choices
from paretocaps.schedules.phase import Phase, lay_out


def constant(choices: Choices, images: int, epochs: int) -> tuple[Phase, ...]:
    """Return one phase of `epochs` epochs at `choices.batch_size`.

    The papers do not state the batch size of their baseline; 128 is the default here.
    """
    return lay_out([(1, choices.batch_size)], images, epochs, choices.accumulate)
