"""All trials of a study as a data frame."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from paretocaps.domain.front_record import FrontMember
from paretocaps.report.tables import flat_rows

if TYPE_CHECKING:
    from pandas import DataFrame


def trials_frame(
    trials: Sequence[FrontMember], states: Sequence[str], reasons: Sequence[str | None]
) -> "DataFrame":
    """Return one row per trial: its state and, where it failed, the reason; measured quantities; choices.

    Args:
        trials: in order of their numbers; those without a measurement have no values.
        states, reasons: one per trial.
    """
    from pandas import DataFrame

    columns, rows = flat_rows(trials)
    frame = DataFrame(rows, columns=columns)
    frame.insert(1, "state", list(states))
    frame.insert(2, "reason", list(reasons))
    return frame
