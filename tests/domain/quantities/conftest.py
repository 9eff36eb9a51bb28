"""Trainings of a few epochs, two seconds each."""

import pytest

from paretocaps.domain.measurement import Device, EpochRecord, Measurement


@pytest.fixture(scope="session")
def learned():
    """Return a function that makes the measurement of a training with these accuracies after its epochs."""

    def make(accuracies):
        records = tuple(
            EpochRecord(epoch=n, acc=acc, seconds=2.0, time=2.0 * n, wall=3.0 * n)
            for n, acc in enumerate(accuracies, start=1)
        )
        best = max(records, key=lambda record: (record.acc, -record.epoch))
        return Measurement(
            acc=best.acc,
            best_epoch=best.epoch,
            time=best.time,
            wall=99,
            params=1,
            device=Device(name="cpu", kind="cpu"),
            epochs=records,
            quantities={"f1": 0.8},
        )

    return make
