"""The training, validation and test images of a `DataSpec`, without torch."""

from collections.abc import Callable
from dataclasses import dataclass

from paretocaps.data.arrays import decoded
from paretocaps.data.catalog import DATASETS, DatasetEntry
from paretocaps.data.encoded_images import EncodedData
from paretocaps.data.raw import RawData, RawPart, check_raw
from paretocaps.data.sources.folder import read_folder
from paretocaps.data.split import hold_out, one_in, stratified_indices
from paretocaps.domain.job import DataSpec, OnPreparing
from paretocaps.errors import UsageError
from paretocaps.registry import resolve


@dataclass(frozen=True, eq=False)
class RawSplits:
    """A data set that is read, checked and split; its labels are 0 to classes - 1.

    `class_names` are in the order of the labels, if the source has them; `remarks` are notes for the user on
    how the data set was read.
    """

    train: RawPart
    validation: RawPart
    test: RawPart
    classes: int
    name: str
    class_names: tuple[str, ...] | None = None
    remarks: tuple[str, ...] = ()


def read_splits(spec: DataSpec, on_preparing: OnPreparing | None = None) -> RawSplits:
    """Read, check and split the images of `spec`.

    If a source has no test part, a fixed stratified sixth of its training part becomes the test part. The
    validation part is then 10 % of the training part (6,000 images of MNIST), stratified and the same for
    every trial; `limit_train` keeps a stratified subset of the rest. If the images have to be prepared (see
    `arrays.decoded`), that is done here, and `on_preparing` receives the progress.

    Raises:
        UnknownNameError: there is no data set of that name.
        UsageError: the spec names no data, or `limit_train` is more than the training images.
        DataError: the data are missing, unreachable, truncated, corrupt, or too small to split.
    """
    raw = decoded(_read(spec), spec, on_preparing)
    classes = check_raw(raw)
    name = spec.path or spec.name or ""
    train, test = (raw.train, raw.test) if raw.test else hold_out(raw.train, one_in(6, len(raw.train)))
    train, validation = hold_out(train, one_in(10, len(train)))
    return RawSplits(
        _limited(train, spec.limit_train, name),
        validation,
        test,
        classes,
        name,
        raw.class_names,
        raw.remarks,
    )


def _read(spec: DataSpec) -> RawData | EncodedData:
    if spec.path is not None:
        return read_folder(spec.path)
    if spec.name is None:
        raise UsageError(f"no data named: give a data set ({', '.join(DATASETS)}) or a folder")
    entry = DATASETS.get(spec.name)
    reader: Callable[[DatasetEntry], RawData | EncodedData] = resolve(entry.reader)
    return reader(entry)


def _limited(train: RawPart, limit: int | None, name: str) -> RawPart:
    if limit is None:
        return train
    if limit > len(train):
        raise UsageError(
            f"limit_train={limit} is more than the {len(train)} training images that {name} has besides"
            " its validation images: lower it"
        )
    return train.take(stratified_indices(train.labels, limit))
