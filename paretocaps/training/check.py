"""What the driver can know of a study's data before anything is trained. No torch here."""

from collections.abc import Mapping, Sequence
from typing import Any

from paretocaps.data.raw_splits import read_splits
from paretocaps.domain.choices import Choices
from paretocaps.domain.families.backbone_caps import BACKBONES
from paretocaps.domain.job import DataSpec, OnPreparing
from paretocaps.domain.measurement import ENERGY
from paretocaps.errors import DataError
from paretocaps.models.architecture import architecture


def check_data(spec: DataSpec, on_preparing: OnPreparing | None = None) -> Sequence[str]:
    """Read the images once, so that what is wrong with them is said before a study is made of them.

    Images that are kept prepared on disk are prepared here, so that workers only map them. Returns
    remarks on the data, a line each.

    Raises:
        UnknownNameError: no data set of that name.
        UsageError: more training images asked for than there are.
        DataError: data that is missing, unreachable, truncated, corrupt, of one class only, or too small
            for a network.
    """
    splits = read_splits(spec, on_preparing)
    if splits.classes < 2:
        raise DataError(f"{splits.name}: all images are of one class: there is nothing to tell apart")
    channels, height, width = splits.train.shape
    architecture(Choices(), height, width, channels, splits.classes)
    return splits.remarks


def check_choices(fix: Mapping[str, Any]) -> None:
    """Raise what is wrong with a checkpoint that a study's trials all start from.

    Where the study samples the backbone, the checkpoint must fit one of them.

    Raises:
        DataError: it is not there, or cannot be read.
        UsageError: it is of another network than the backbone.
    """
    if not fix.get("checkpoint"):
        return
    from paretocaps.models.backbone_checkpoint import check_checkpoint

    backbone = fix.get("backbone")
    check_checkpoint(tuple(BACKBONES) if backbone is None else (backbone,), fix["checkpoint"])


def check_measures(quantities: Sequence[str], devices: Sequence[str]) -> None:
    """Raise why one of `quantities` cannot be measured on one of `devices` (see `TrainerSpec.measures`).

    Raises:
        UsageError: the energy of a device without a counter that can be read.
    """
    if ENERGY not in quantities:
        return
    from paretocaps.training.device import open_device
    from paretocaps.training.energy import open_meter

    for device in sorted(set(devices)):
        open_meter(open_device(device))
