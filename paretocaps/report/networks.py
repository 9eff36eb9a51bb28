"""The table of the front's networks: the size of their parts, and further quantities."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import OBJECTIVES
from paretocaps.report.tables import Table, value_text, with_prefix

_SIZES = {
    "params": "params",
    "trunk_params": "trunk",
    "primary_params": "primary",
    "capsule_params": "capsule layers",
    "decoder_params": "decoder",
}
_COUNTS = {"bottleneck": "bottleneck", "primary_capsules": "capsules"}
_PRUNED = "pruned_share"
_TIMED = ("latency", "latency_batch")
_BITS = {"bottleneck_entropy": "entropy"}
QUANTITIES = (*_SIZES, *_COUNTS, "macs", _PRUNED, *_TIMED, *_BITS)
"""The quantities of a trial that the table shows, where they were measured."""

Measured = Mapping[int, Mapping[str, float]]
"""Quantities by trial number and name; those that were not measured are left out."""


def networks_table(members: Sequence[FrontMember], measured: Measured) -> Table | None:
    """Return a table of the members' networks.

    Its columns are the parameters of each part, the number of maps that the primary capsules read (the
    bottleneck), the number of primary capsules, multiply-adds per image, for networks on a backbone
    the training FLOPs as their paper counts them, the share of the multiply-adds that pruning removed (of
    the network's or the backbone's, as `pruning_share_of` says), latencies, and the bottleneck's entropy.
    Columns without any value are left out.

    Args:
        members: in the order of the rows.
        measured: their quantities, by trial number.

    Returns:
        None where the parts of no member were measured.
    """
    found = [measured.get(member.trial, {}) for member in members]
    if not any("trunk_params" in values for values in found):
        return None
    columns = [
        ("trial", True, [str(member.trial) for member in members]),
        ("network", False, [_name(member) for member in members]),
    ]
    columns += [(heading, True, _counts(found, name)) for name, heading in _SIZES.items()]
    for name, heading in _COUNTS.items():
        counts = [values.get(name, math.nan) for values in found]
        columns.append((heading, True, ["-" if math.isnan(one) else f"{one:.12g}" for one in counts]))
    columns.append(("macs", True, _counts(found, "macs")))
    flops = [
        paper_flops(member.choices, values) if "backbone" in member.choices else None
        for member, values in zip(members, found, strict=True)
    ]
    columns.append(("paper's flops", True, ["-" if one is None else with_prefix(one) for one in flops]))
    shares = [values.get(_PRUNED, math.nan) for values in found]
    columns.append(("pruned", True, ["-" if math.isnan(one) else f"{one:.1%}" for one in shares]))
    for name in _TIMED:
        cells = [value_text(OBJECTIVES.get(name), values.get(name)) for values in found]
        columns.append((name.replace("_", " "), True, cells))
    for name, heading in _BITS.items():
        bits = [values.get(name, math.nan) for values in found]
        columns.append((heading, True, ["-" if math.isnan(one) else f"{one:.2f} bit" for one in bits]))
    return Table.of(column for column in columns if any(cell != "-" for cell in column[2]))


def paper_flops(choices: Mapping[str, Any], values: Mapping[str, float]) -> float | None:
    """Return the training FLOPs per image as the paper on pruned backbones counts them; None if unknown.

    They are forward multiply-adds x 3, and x 2 where the backbone is frozen. Our own `flops` are the
    operations of a training step, two per multiply-add.

    Args:
        choices: the trial's choices; `frozen` is read.
        values: its measured quantities; `macs` are read.
    """
    macs = values.get("macs")
    return None if macs is None else macs * (2 if choices.get("frozen") else 3)


def _name(member: FrontMember) -> str:
    """Return the family of a member's network, with its backbone where it has one."""
    words = [member.choices.get("family"), member.choices.get("backbone")]
    return " ".join(str(word) for word in words if word) or "-"


def _counts(found: Sequence[Mapping[str, float]], name: str) -> list[str]:
    values = [one.get(name, math.nan) for one in found]
    return ["-" if math.isnan(value) else with_prefix(value) for value in values]
