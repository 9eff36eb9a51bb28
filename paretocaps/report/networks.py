"""The front's networks side by side: what they are made of, and what was measured of them beside."""

import math
from collections.abc import Sequence

from paretocaps.domain.front import FrontMember
from paretocaps.domain.objective import OBJECTIVES
from paretocaps.report.tables import Table, value_text, with_prefix

_SIZES = {
    "params": "params",
    "trunk_params": "trunk",
    "primary_params": "primary capsules",
    "capsule_params": "capsule layers",
    "decoder_params": "decoder",
}
_TIMED = ("latency", "latency_batch")
_BITS = {"bottleneck_entropy": "bottleneck entropy"}


def networks_table(members: Sequence[FrontMember]) -> Table | None:
    """Return the parameters of each member by part, its multiply-adds, latencies and bottleneck entropy.

    A column that no member has a value for is left out.

    Args:
        members: with all their quantities, in the order of the rows.

    Returns:
        None where the parts of no member were measured.
    """
    if not any("trunk_params" in member.values for member in members):
        return None
    columns = [
        ("trial", True, [str(member.trial) for member in members]),
        ("network", False, [_name(member) for member in members]),
    ]
    columns += [(heading, True, _counts(members, name)) for name, heading in _SIZES.items()]
    columns.append(("multiply-adds", True, _counts(members, "macs")))
    for name in _TIMED:
        objective = OBJECTIVES.get(name)
        cells = [value_text(objective, member.values.get(name)) for member in members]
        columns.append((name.replace("_", " "), True, cells))
    for name, heading in _BITS.items():
        found = [member.values.get(name, math.nan) for member in members]
        columns.append((heading, True, ["-" if math.isnan(bits) else f"{bits:.2f} bit" for bits in found]))
    shown = [column for column in columns if any(cell != "-" for cell in column[2])]
    headings, numeric, cells_of = zip(*shown, strict=True)
    return Table(headings, numeric, tuple(zip(*cells_of, strict=True)))


def _name(member: FrontMember) -> str:
    """The family of a member's network, with its backbone where it has one."""
    words = [member.choices.get("family"), member.choices.get("backbone")]
    return " ".join(str(word) for word in words if word) or "-"


def _counts(members: Sequence[FrontMember], name: str) -> list[str]:
    found = [member.values.get(name, math.nan) for member in members]
    return ["-" if math.isnan(value) else with_prefix(value) for value in found]
