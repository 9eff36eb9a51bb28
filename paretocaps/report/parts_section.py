"""Where the time and the memory of trainings go: steps and all else, weights and all else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.measurement import EpochRecord
from paretocaps.domain.objective import OBJECTIVES
from paretocaps.report.tables import Table, value_text

_COPIES = 4
"""Numbers that Adam keeps for each parameter that it changes: itself, its gradient and two moments."""
_BYTES = 4


@dataclass(frozen=True)
class Parts:
    """The parts of one training: its seconds and its bytes.

    Attributes:
        trial: the number of the trial.
        steps: seconds of the optimiser steps of all epochs.
        wall: seconds of the whole training.
        memory: bytes at its peak; None where that was not measured.
        weights: bytes of the parameters in float32, those that are trained with their gradients and Adam's
            two moments.
    """

    trial: int
    steps: float
    wall: float
    memory: float | None
    weights: float

    @property
    def besides(self) -> float:
        """Seconds of all else: preparing, validating, testing, checkpoints."""
        return max(0.0, self.wall - self.steps)

    @property
    def activations(self) -> float | None:
        """Bytes of all else: activations, images, libraries."""
        return None if self.memory is None else max(0.0, self.memory - self.weights)


def parts_of(
    members: Sequence[FrontMember],
    epochs: Mapping[int, Sequence[EpochRecord]],
    measured: Mapping[int, Mapping[str, float]],
) -> list[Parts]:
    """Return the parts of each member's first training, in their order; those without records are left out.

    Args:
        members: members of a front.
        epochs: epoch records by trial number.
        measured: their quantities by trial number, of which `memory` and `trunk_params` are read.
    """
    found = []
    for member in members:
        records = epochs.get(member.trial)
        if records and records[-1].wall > 0 and "params" in member.values:
            values = {**measured.get(member.trial, {}), **member.values}
            frozen = values.get("trunk_params", 0.0) if member.choices.get("frozen") else 0.0
            weights = _BYTES * (frozen + _COPIES * (values["params"] - frozen))
            memory = values.get("memory")
            found.append(Parts(member.trial, records[-1].time, records[-1].wall, memory, weights))
    return found


def parts_table(parts: Sequence[Parts]) -> Table | None:
    """Return the parts as a table; None for none. Memory has columns where it was measured."""
    if not parts:
        return None
    time = OBJECTIVES.get("time")
    columns = [
        ("trial", True, [str(one.trial) for one in parts]),
        ("training steps", True, [value_text(time, one.steps) for one in parts]),
        ("all else", True, [value_text(time, one.besides) for one in parts]),
        ("steps", True, [f"{one.steps / one.wall:.0%}" for one in parts]),
    ]
    groups = [("", 1), ("time of all epochs", 3)]
    if any(one.memory is not None for one in parts):
        memory = OBJECTIVES.get("memory")
        columns += [
            ("weights and optimiser", True, [value_text(memory, one.weights) for one in parts]),
            ("all else", True, [value_text(memory, one.activations) for one in parts]),
            ("peak", True, [value_text(memory, one.memory) for one in parts]),
        ]
        groups.append(("memory", 3))
    return Table.of(columns, tuple(groups))
