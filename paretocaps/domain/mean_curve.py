"""The learning curve of a trial: the mean over its trainings, epoch by epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from paretocaps.domain.measurement import EpochRecord


@dataclass(frozen=True)
class MeanEpoch:
    """One epoch of a trial's trainings: `acc` is the mean of their validation accuracies.

    `records` has the epoch of each training, and `network` is its number of structural changes before it.
    """

    epoch: int
    acc: float
    network: int
    records: tuple[EpochRecord, ...]


def mean_curve(trainings: Sequence[Sequence[EpochRecord]]) -> tuple[MeanEpoch, ...]:
    """Return the epochs that every training has, in order; one that stopped early ends the curve.

    Args:
        trainings: the epochs of each training of a trial, one training per seed.
    """
    by_number = [{record.epoch: record for record in training} for training in trainings]
    shared = set.intersection(*map(set, by_number)) if by_number else set()
    epochs = (tuple(training[number] for training in by_number) for number in sorted(shared))
    return tuple(
        MeanEpoch(records[0].epoch, fmean(r.acc for r in records), records[0].network, records)
        for records in epochs
    )
