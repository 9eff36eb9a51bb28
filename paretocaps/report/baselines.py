"""The epochs and seconds until the trials of published rows reach the accuracy of their baselines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import OBJECTIVES
from paretocaps.domain.published import Published, PublishedRow
from paretocaps.domain.quantities.reach import EpochsTo, TimeTo
from paretocaps.report.tables import Table, value_text

EPOCHS_TO_BASELINE = "epochs_to_baseline"
"""The figure of a published row that is shown beside the measured epochs."""


@dataclass(frozen=True)
class Reached:
    """A trial of a published row, and what it took to reach the accuracy of one of the row's baselines.

    Attributes:
        name: the row's name.
        baseline: the baseline's name.
        published: the printed epochs, of the row and of the baseline; None where the paper prints none.
        trial: the trial's number, or None where none was trained.
        known: whether the baseline was trained under its name, so that there is an accuracy to reach.
        epochs: epochs to the baseline's best accuracy, of the trial and of the baseline.
        time: seconds to it, of the trial and of the baseline.
    """

    name: str
    baseline: str
    published: tuple[float | None, float | None]
    trial: int | None = None
    known: bool = False
    epochs: tuple[float | None, float | None] = (None, None)
    time: tuple[float | None, float | None] = (None, None)


def reach_quantities(published: Published, trials: Iterable[FrontMember]) -> tuple[str, ...]:
    """Return the quantities that `reached` reads, for the baselines that have a trial."""
    trained = {design for trial in trials for design in trial.designs}
    found = [design for design in published.baselines if design in trained]
    return tuple(kind(design).name for design in found for kind in (EpochsTo, TimeTo))


def reached(published: Published, trials: Sequence[FrontMember], *, timed: bool = True) -> list[Reached]:
    """Return a line per row, baseline and trial, in the order of the rows; baselines are compared too.

    Args:
        published: what the paper publishes.
        trials: all finished trials, with the quantities of `reach_quantities`.
        timed: whether to include seconds, which do not compare across devices.
    """
    rows = {row.name: row for row in published.rows}
    lines: list[Reached] = []
    for row in published.rows:
        own = (row.name,) if row.name in published.baselines else ()
        for baseline in dict.fromkeys((*own, *row.baselines)):
            printed = _printed(row, baseline), _printed(rows[baseline], baseline)
            about: list[FrontMember | None] = [*_about(row, trials)] or [None]
            base = next(iter(_about(rows[baseline], trials)), None)
            lines += [_line(row.name, baseline, printed, one, base, timed) for one in about]
    return lines


def baselines_table(lines: Sequence[Reached]) -> Table:
    """Return the lines as a table: the published epochs, then the measured epochs and seconds.

    What is saved is a share of the baseline's own epochs or seconds to its best accuracy, and
    negative where a row takes longer.
    """
    seconds = any(time is not None for line in lines for time in line.time)
    columns = [
        ("row", False, [line.name for line in lines]),
        ("baseline", False, [line.baseline for line in lines]),
        ("epochs", True, [_count(line.published[0]) for line in lines]),
        ("saved", True, [_saved(*line.published) for line in lines]),
        ("trial", True, ["not trained" if x.trial is None else str(x.trial) for x in lines]),
        ("epochs", True, [_epochs(line) for line in lines]),
        ("saved", True, [_saved(*line.epochs) for line in lines]),
    ]
    if seconds:
        columns += [
            ("time", True, [value_text(OBJECTIVES.get("time"), line.time[0]) for line in lines]),
            ("saved", True, [_saved(*line.time) for line in lines]),
        ]
    groups = (("published, not measured here", 4), ("measured here", len(columns) - 4))
    return Table.of(columns, groups)


def _line(
    name: str,
    baseline: str,
    printed: tuple[float | None, float | None],
    trial: FrontMember | None,
    base: FrontMember | None,
    timed: bool,
) -> Reached:
    epochs, time = EpochsTo(baseline).name, TimeTo(baseline).name
    if trial is None or base is None or epochs not in base.values:
        return Reached(name, baseline, printed, None if trial is None else trial.trial)
    return Reached(
        name,
        baseline,
        printed,
        trial.trial,
        True,
        (trial.values.get(epochs), base.values.get(epochs)),
        (trial.values.get(time), base.values.get(time)) if timed else (None, None),
    )


def _about(row: PublishedRow, trials: Sequence[FrontMember]) -> list[FrontMember]:
    return [trial for trial in trials if row.is_about(trial)]


def _printed(row: PublishedRow, baseline: str) -> float | None:
    """Return the printed epochs to a baseline; a row that has other baselines prints none to itself."""
    about = row.baselines or (row.name,)
    return row.figures.get(EPOCHS_TO_BASELINE) if baseline in about else None


def _epochs(line: Reached) -> str:
    if line.trial is None:
        return "-"
    if not line.known:
        return "baseline not trained"
    return "not reached" if line.epochs[0] is None else _count(line.epochs[0])


def _count(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def _saved(value: float | None, of: float | None) -> str:
    return "-" if value is None or not of else f"{100 * (1 - value / of):.1f} %"
