"""What the epochs of a training cost in the end, when every phase's charge for warming up is known."""

from collections.abc import Sequence

import torch

from paretocaps.domain.measurement import Device, EpochRecord
from paretocaps.training.device import describe_device
from paretocaps.training.ranks import ALONE, Ranks
from paretocaps.training.stopwatch import Stopwatch


def settled_records(
    records: Sequence[EpochRecord], stopwatch: Stopwatch, ranks: Ranks = ALONE
) -> list[EpochRecord]:
    """Return the records with final seconds: a phase's later steps decide the charge for its warm-up."""
    seconds, elapsed, settled = stopwatch.seconds(), 0.0, []
    for record in records:
        elapsed += seconds[record.epoch]
        final: dict[str, float | None] = {"seconds": seconds[record.epoch], "time": elapsed}
        final["cpu_seconds"] = cpu_seconds(stopwatch, record.epoch, ranks)
        settled.append(record.model_copy(update=final))
    return settled


def cpu_seconds(stopwatch: Stopwatch, epoch: int, ranks: Ranks) -> float | None:
    """Return the CPU seconds of one epoch; None with several ranks, and where `Stopwatch` has none."""
    counted = stopwatch.cpu_seconds() if ranks.size == 1 else None
    return None if counted is None else counted.get(epoch)


def cpu_time(stopwatch: Stopwatch, epochs: int, ranks: Ranks) -> float | None:
    """Return the CPU seconds of the first `epochs` epochs over all ranks, which call it together.

    The result is None where `Stopwatch.cpu_seconds` has none.
    """
    seconds = stopwatch.cpu_seconds()
    if seconds is None:
        return None
    own = sum(charged for epoch, charged in seconds.items() if epoch <= epochs)
    return float(ranks.total(torch.tensor(own, dtype=torch.float64)))


def settled_device(device: torch.device, shared: bool, ranks: int, stopwatch: Stopwatch) -> Device:
    """Return the description of `device` with what disturbed the training on it."""
    described = describe_device(device, shared, bool(stopwatch.disturbances()), ranks)
    taken = stopwatch.taken()
    return described.model_copy(update={"taken": None if taken is None else taken.share})
