"""Checks of a study's data and choices before anything is trained; this file imports no torch."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from paretocaps.data.last_read import forget
from paretocaps.data.raw_splits import read_splits
from paretocaps.data.reading import reading
from paretocaps.domain.brought_choices import choices_model
from paretocaps.domain.choices import Choices
from paretocaps.domain.families.backbone_caps import BACKBONES
from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.domain.measurement import CPU_TIME, ENERGY
from paretocaps.domain.progress import OnProgress
from paretocaps.domain.trainer import CheckedData
from paretocaps.domain.tuning import fixed_tunings
from paretocaps.errors import DataError, UsageError
from paretocaps.models.architecture import architecture
from paretocaps.training.effects import data_facts


def check_data(spec: DataSpec, on_preparing: OnProgress | None = None) -> CheckedData:
    """Read the images once, so that a fault in them is reported before a study is created.

    Images that are kept prepared on disk are prepared here, so that workers only map them. Returns the
    classes and the sizes of the parts, remarks on the data, how they were read (see `reading`), and the facts
    that `effects` need.

    Raises:
        UnknownNameError: there is no data set of that name.
        UsageError: `spec` wants more training images than there are.
        DataError: the data are missing, unreachable, truncated, corrupt, of one class only, or too small
            for a network.
    """
    forget()  # a notebook may have changed its files since its last training
    splits = read_splits(spec, on_preparing)
    if splits.classes < 2:
        raise DataError(f"{splits.name}: all images are of one class: give images of 2 classes or more")
    channels, height, width = splits.train.shape
    architecture(Choices(), height, width, channels, splits.classes, pairs=splits.pairs)
    return CheckedData(splits.told, reading(splits), splits.anew, data_facts(splits.train), splits.held_out)


def check_choices(fix: Mapping[str, Any]) -> None:
    """Check the files that all trials of a study read: the user's tunings, and a first checkpoint.

    Where the study samples the backbone, the checkpoint must fit one of the backbones.

    Raises:
        DataError: the checkpoint is missing or cannot be read.
        UsageError: the checkpoint belongs to another network than the backbone, or tunings cannot be read.
    """
    fixed_tunings(os.environ)
    if not fix.get("checkpoint"):
        return
    from paretocaps.models.backbone_checkpoint import check_checkpoint

    backbone = fix.get("backbone")
    check_checkpoint(tuple(BACKBONES) if backbone is None else (backbone,), fix["checkpoint"])


def check_needs(job: TrainingJob, data: CheckedData) -> Sequence[str]:
    """Return a line on the memory that `job` needs, for data of which `check_data` found `data`.

    Raises:
        UsageError: its device has not so much free; the message has the remedy.
    """
    from paretocaps.training.device import open_device
    from paretocaps.training.room import Demand, check_room

    reading = data.reading
    if reading is None:
        return ()
    channels, height, width = reading["shape"]
    choices = choices_model().model_validate(job.choices)
    demand = Demand(
        choices=choices,
        shape=(channels, height, width),
        labels=len(reading["classes"]),
        images=reading["train_images"],
        epochs=job.epochs,
        ranks=job.ranks,
        pairs=reading.get("pairs", False),
    )
    return (check_room(demand, open_device(job.device.split(",")[0])),)


def check_measures(quantities: Sequence[str], devices: Sequence[str]) -> None:
    """Check that all `quantities` can be measured on all `devices` (see `TrainerSpec.measures`).

    Raises:
        UsageError: energy is to be measured, and a device has no counter that can be read; or CPU seconds
            are, and a device is a GPU.
    """
    if CPU_TIME in quantities:
        for device in devices:
            if device.startswith("cuda"):
                raise UsageError(
                    f"cpu_time of {device} is not measured, because the process only waits for a GPU: rank by"
                    " time"
                )
    if ENERGY not in quantities:
        return
    from paretocaps.training.device import open_device
    from paretocaps.training.energy import open_meter

    for device in sorted(set(devices)):
        open_meter(open_device(device))
