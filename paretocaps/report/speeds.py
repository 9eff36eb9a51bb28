"""The seconds of published rows against those of other rows, such as LeNet5's against a capsule network's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from paretocaps.domain.objective import OBJECTIVES
from paretocaps.report.measured_beside_published import EPOCH_SECONDS, Beside
from paretocaps.report.tables import Table, value_text

_TIME = "time"
Pair = tuple[float | None, float | None]


@dataclass(frozen=True)
class Speeds:
    """The seconds of a row's trial and of the trial of the row that it is compared with.

    Every pair is (the row's, the other row's): printed seconds per epoch, measured seconds per epoch, and
    measured seconds up to the best epoch.
    """

    name: str
    against: str
    published: Pair
    epoch: Pair
    time: Pair


def speeds(lines: Sequence[Beside], against: Mapping[str, str]) -> list[Speeds]:
    """Return a line for each row that is compared with another, in their order.

    Args:
        lines: from `measured_beside_published.beside`; of rows with several trials the first counts.
        against: the name of the other row, by the row's name.
    """
    first = {line.name: line for line in reversed(lines)}
    return [_line(first[name], first[other]) for name, other in against.items()]


def speeds_table(lines: Sequence[Speeds]) -> Table:
    """Return the lines as a table; a ratio is the other row's seconds by the row's, so more is faster."""
    columns = [("row", False, [line.name for line in lines]), ("against", False, [x.against for x in lines])]
    printed = _columns("s per epoch", [line.published for line in lines])
    measured = _columns("s per epoch", [line.epoch for line in lines])
    measured += _columns("time", [line.time for line in lines])
    groups = (("published, not measured here", 2 + len(printed)), ("measured here", len(measured)))
    return Table.of([*columns, *printed, *measured], groups)


def _line(row: Beside, other: Beside) -> Speeds:
    return Speeds(
        row.name,
        other.name,
        (row.published.get(EPOCH_SECONDS), other.published.get(EPOCH_SECONDS)),
        (_value(row, EPOCH_SECONDS), _value(other, EPOCH_SECONDS)),
        (_value(row, _TIME), _value(other, _TIME)),
    )


def _value(line: Beside, name: str) -> float | None:
    return line.measured[name].value if name in line.measured else None


def _columns(heading: str, pairs: Sequence[Pair]) -> list[tuple[str, bool, list[str]]]:
    time = OBJECTIVES.get(_TIME)
    ratios = [f"{other / own:.2f}" if own and other else "-" for own, other in pairs]
    return [
        (heading, True, [value_text(time, own) for own, _ in pairs]),
        ("the other's", True, [value_text(time, other) for _, other in pairs]),
        ("ratio", True, ratios),
    ]
