"""One batch size throughout."""

from paretocaps.domain.choices import Choices
from paretocaps.schedules.phase import Phase, lay_out


def constant(choices: Choices, images: int, epochs: int) -> tuple[Phase, ...]:
    """Return one phase of `epochs` epochs at `choices.batch_size`.

    The papers do not say at which batch size their baseline ran; 128 is the default here.
    """
    return lay_out([(1, choices.batch_size)], images, epochs, choices.accumulate)
