"""Tables of trials that are shown beside a front without being its members: its corner, and the nearest."""

from collections.abc import Sequence

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.report.beside_baseline import beside_text
from paretocaps.report.sentences import misses_text
from paretocaps.report.tables import Table, estimate_text, heading


def corner_table(front: FrontRecord) -> Table | None:
    """Return the collapsed corner, best first: numbers, values, choices; None where it holds no trial."""
    return _table(front.corner, front) if front.corner else None


def nearest_table(front: FrontRecord) -> Table | None:
    """Return the trials that miss the bounds by least, and what they miss; None where a member keeps them."""
    if front.members or not front.nearest:
        return None
    missed = [misses_text(trial.values, front.requirements) for trial in front.nearest]
    return _table(front.nearest, front, ("what it misses", False, missed))


def _table(
    trials: Sequence[FrontMember], front: FrontRecord, *more: tuple[str, bool, Sequence[str]]
) -> Table:
    values = [
        (heading(objective), True, [estimate_text(objective, t.estimate(objective.name)) for t in trials])
        for objective in front.objectives
    ]
    choices = [beside_text(trial, front.baseline) for trial in trials]
    numbers = [str(trial.trial) for trial in trials]
    columns = [("trial", True, numbers), *values, ("beside the baseline", False, choices), *more]
    return Table.of(columns)
