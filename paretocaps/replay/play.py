"""Plays recorded trainings back: the trainer `replay`. This file imports no torch."""

from collections.abc import Sequence

from paretocaps.domain.collapse import is_collapsed
from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.domain.measurement import EpochRecord, Measurement, best_epoch
from paretocaps.domain.progress import OnProgress
from paretocaps.domain.quantities.quantities import may_be_missing, value_of
from paretocaps.domain.trainer import CheckedData, OnEpoch
from paretocaps.errors import UsageError
from paretocaps.replay.table import cards, read, table_of, there_are


def train(job: TrainingJob, on_epoch: OnEpoch) -> Measurement:
    """Report the recorded epochs of the job's choices and seed, and return what was measured (`Train`).

    Where `on_epoch` ends it early, the values are those of the best epoch until then; what was measured of
    the whole training only, such as its memory, is then None. The test accuracy is that of the best epoch;
    those of the others are left out.

    Raises:
        UsageError: no table has this training; the message names the nearest design, or the tables.
        DivergedError: the recorded training failed.
    """
    whole = table_of(job.data, job.epochs).measurement(job.choices, job.seed)
    reported: list[EpochRecord] = []
    for record in whole.epochs:
        reported.append(record)
        if not on_epoch(record.told):
            break
    played = whole if len(reported) == len(whole.epochs) else _cut(whole, reported)
    epochs = tuple(record.told for record in played.epochs)  # test accuracies of other epochs choose nothing
    tested = {} if job.test else {"test_acc": None, "test_images": None}
    return played.model_copy(update={"epochs": epochs, **tested})


def _cut(whole: Measurement, epochs: Sequence[EpochRecord]) -> Measurement:
    """Return the measurement of the first epochs of a training."""
    best = best_epoch(epochs)
    cpu = [record.cpu_seconds for record in epochs[: best.epoch] if record.cpu_seconds is not None]
    same = whole.best_epoch == best.epoch
    labels = whole.predictions.labels if whole.predictions else ()
    return whole.model_copy(
        update={
            "acc": best.acc,
            "best_epoch": best.epoch,
            "time": best.time,
            "cpu_time": sum(cpu) if len(cpu) == best.epoch else None,
            "wall": epochs[-1].wall,
            "params": best.params,
            "macs": best.macs,
            "memory": None,
            "test_acc": best.test_acc,
            "epochs": tuple(epochs),
            "quantities": whole.quantities if same else {},
            "predictions": whole.predictions if same else None,
            "collapsed": is_collapsed(best.acc, labels) if labels else None,
        }
    )


def check_data(data: DataSpec, on_preparing: OnProgress | None = None) -> CheckedData:
    """Return what was found in the images of a table, without reading them again (`Check`).

    Raises:
        UsageError: no table is of these images; the message names the tables.
    """
    for card in cards():
        if card.data == data:
            return CheckedData(reading=card.reading, facts=card.facts)
    raise UsageError(f"no table has trainings on {data}: {there_are()}")


def check_measures(quantities: Sequence[str], devices: Sequence[str]) -> None:
    """Check that the tables have all `quantities`.

    Raises:
        UsageError: one of them was not measured in the recorded trainings.
    """
    rows = (row.measurement for card in cards() for row in read(card.name).rows)
    sample = Measurement.model_validate(next(filter(None, rows)))
    for name in quantities:
        if value_of(sample, name) is None and not may_be_missing(name, sample):
            raise UsageError(f"{name} was not measured in the recorded trainings: leave it out")
