"""The images of a `DataSpec` as tensors."""

from functools import lru_cache

from paretocaps.data.images import DataSplits, ImageSet
from paretocaps.data.raw_splits import read_splits
from paretocaps.domain.job import DataSpec


@lru_cache(maxsize=1)
def load(spec: DataSpec) -> DataSplits:
    """Return the images of `spec` (see `read_splits`) as tensors; the last result is cached in the process.

    `load.cache_clear()` clears the cache, for files that have changed.

    Raises:
        UnknownNameError, UsageError, DataError: as for `read_splits`.
    """
    raw = read_splits(spec)
    return DataSplits(
        train=ImageSet.from_raw(raw.train),
        validation=ImageSet.from_raw(raw.validation),
        test=ImageSet.from_raw(raw.test),
        classes=raw.classes,
        name=raw.name,
        class_names=raw.class_names,
        levels=raw.levels,
        transposed=raw.transposed,
        anew=raw.anew,
        told=raw.told,
    )
