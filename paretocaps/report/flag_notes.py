"""What the flags of trials mean."""

from collections.abc import Iterable

from paretocaps.domain.front_record import FrontMember
from paretocaps.report.tables import FLAGS


def flag_notes(trials: Iterable[FrontMember]) -> list[str]:
    """Return a line with the meaning of each flag that any of the trials has."""
    given = {flag for trial in trials for flag in trial.flags}
    return [f"{flag}: {meaning}" for flag, meaning in FLAGS.items() if flag in given]
