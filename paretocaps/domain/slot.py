"""A slot: one or more cores of a CPU as a device of its own."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

WHOLE = "cpu"
"""The name of the only slot of a CPU that is not split."""


class Slot(BaseModel):
    """One or more cores of a CPU, which train one job at a time.

    Attributes:
        name: its name, such as "core 0" or "cores 0-1".
        cores: the numbers of its logical processors.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    cores: tuple[int, ...]


def slot_size(slots: Sequence[Slot]) -> int | None:
    """Return how many cores each of a study's slots has; None where they are a whole CPU."""
    return None if not slots or slots[0].name == WHOLE else len(slots[0].cores)
