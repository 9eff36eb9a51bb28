"""Trials that are not finished: stopped early, rejected before their training, or failed."""

from collections.abc import Sequence
from dataclasses import dataclass

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.report.beside_baseline import beside_text
from paretocaps.report.tables import Table, heading, value_text

_LISTED = 200
MEANINGS = {
    "stopped": "Stopped early by a rule: they have the values until then, and stand on no front.",
    "rejected": "Rejected before their training: at best they would break a bound, be beaten, or fail.",
    "failed": "Failed: their training ended without a measurement.",
}
"""The states that are shown, in order, and what they mean."""


@dataclass(frozen=True)
class Unfinished:
    """A trial that is on no front: its state, the reason, and its values so far, if it has any."""

    trial: FrontMember
    state: str
    reason: str = ""


@dataclass(frozen=True)
class ApartTable:
    """The trials of one state: what it means, how many there are, and a table of the first ones."""

    state: str
    meaning: str
    count: int
    table: Table


def apart_tables(unfinished: Sequence[Unfinished], front: FrontRecord) -> list[ApartTable]:
    """Return a table for each state that has trials: number, values, choices beside the baseline, reason."""
    found = []
    for state, meaning in MEANINGS.items():
        own = [one for one in unfinished if one.state == state]
        if own:
            found.append(ApartTable(state, meaning, len(own), _table(own[:_LISTED], front)))
    return found


def _table(shown: Sequence[Unfinished], front: FrontRecord) -> Table:
    columns = [("trial", True, [str(one.trial.trial) for one in shown])]
    for o in front.objectives:
        values = [one.trial.values.get(o.name) for one in shown]
        if any(value is not None for value in values):
            columns.append((heading(o), True, [value_text(o, value) for value in values]))
    choices = [beside_text(one.trial, front.baseline) for one in shown]
    columns += [
        ("beside the baseline", False, choices),
        ("reason", False, [one.reason or "-" for one in shown]),
    ]
    return Table.of(columns)
