"""Trials as data frames."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from paretocaps.domain.estimate import Estimate
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import Objective
from paretocaps.report.tables import flat_rows

if TYPE_CHECKING:
    from pandas import DataFrame


def members_frame(members: Sequence[FrontMember], objectives: Sequence[Objective] = ()) -> "DataFrame":
    """Return the rows of `flat_rows`; a quantity without any value is a column of NaN."""
    from pandas import DataFrame

    columns, rows = flat_rows(members, objectives)
    frame = DataFrame(rows, columns=columns)
    quantities = {name for member in members for name in (*member.values, *member.estimates)}
    measured = {column for name in quantities for column in Estimate(None, 0).columns(name)}
    return frame.astype({name: float for name in columns if name in measured and frame[name].isna().all()})


def trials_frame(
    trials: Sequence[FrontMember], states: Sequence[str], reasons: Sequence[str | None]
) -> "DataFrame":
    """Return one row per trial: its state, and the reason if it is not finished; quantities; choices.

    Args:
        trials: in order of their numbers; those without a measurement have no values.
        states, reasons: one per trial.
    """
    frame = members_frame(trials)
    frame.insert(1, "state", list(states))
    frame.insert(2, "reason", list(reasons))
    return frame
