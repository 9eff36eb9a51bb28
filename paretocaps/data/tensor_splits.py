"""The images of a `DataSpec` as tensors."""

from paretocaps.data.images import DataSplits, ImageSet
from paretocaps.data.last_read import LAST, forget
from paretocaps.data.raw_splits import read_splits
from paretocaps.domain.job import DataSpec
from paretocaps.domain.progress import OnProgress


def load(spec: DataSpec, on_preparing: OnProgress | None = None) -> DataSplits:
    """Return the images of `spec` (see `read_splits`) as tensors; this process keeps those of the last call.

    Raises:
        UnknownNameError, UsageError, DataError: as for `read_splits`.
    """
    if spec not in LAST:
        forget()
        LAST[spec] = _read(spec, on_preparing)
    found: DataSplits = LAST[spec]
    return found


def _read(spec: DataSpec, on_preparing: OnProgress | None) -> DataSplits:
    raw = read_splits(spec, on_preparing)
    return DataSplits(
        train=ImageSet.from_raw(raw.train),
        validation=ImageSet.from_raw(raw.validation),
        test=ImageSet.from_raw(raw.test),
        classes=raw.classes,
        name=raw.name,
        class_names=raw.class_names,
        levels=raw.levels,
        transposed=raw.transposed,
        pairs=raw.pairs,
        anew=raw.anew,
        told=raw.told,
    )
