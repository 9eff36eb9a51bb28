"""Splits this machine's CPU into slots."""

from paretocaps.cores import can_pin, one_of_each_core, part
from paretocaps.domain.measurement import Measurement
from paretocaps.domain.slot import WHOLE, Slot
from paretocaps.domain.wording import counted
from paretocaps.errors import UsageError


def slots_of(cores: int | None) -> tuple[Slot, ...]:
    """Return the slots of so many cores each into which this machine's CPU is split; None does not split it.

    Cores that are left over are not used, and a machine with fewer cores is one slot.
    """
    usable = one_of_each_core()
    if cores is None or len(usable) <= cores:
        return (Slot(name=WHOLE, cores=usable),)
    parts = (usable[at : at + cores] for at in range(0, len(usable) // cores * cores, cores))
    return tuple(Slot(name=_name(part), cores=part) for part in parts)


def check_slots(cores: int) -> None:
    """Refuse slots that this machine cannot have.

    Raises:
        UsageError: it has fewer cores, or cannot pin a process to some of them.
    """
    found = len(one_of_each_core())
    if cores > found:
        raise UsageError(
            f"threads={cores}: this process may use {counted(found, 'core')}: give {found} or fewer"
        )
    if cores < found and not can_pin():
        raise UsageError(f"threads={cores}: this system cannot pin a process to cores: leave out --threads")


def with_part(measurement: Measurement) -> Measurement:
    """Return `measurement` with the part of the CPU that this process is pinned to in its device's name."""
    device, now = measurement.device, part()
    if not now or now in device.name:
        return measurement
    named = device.model_copy(update={"name": f"{device.name} ({now} threads)"})
    return measurement.model_copy(update={"device": named})


def _name(cores: tuple[int, ...]) -> str:
    if len(cores) == 1:
        return f"core {cores[0]}"
    whole = cores[-1] - cores[0] < len(cores)
    return f"cores {cores[0]}-{cores[-1]}" if whole else f"cores {','.join(map(str, cores))}"
