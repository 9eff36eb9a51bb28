"""The training, validation and test images of a `DataSpec`, without torch."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from paretocaps.data.arrays import decoded
from paretocaps.data.catalog import DATASETS, DatasetEntry
from paretocaps.data.encoded_images import EncodedData, EncodedPart
from paretocaps.data.limits import limited_training, limited_validation, read_anew, told_interval
from paretocaps.data.pairs import overlapped
from paretocaps.data.raw import Labels, RawData, RawPart, check_raw
from paretocaps.data.sources.folder import read_folder
from paretocaps.data.split import hold_out, one_in
from paretocaps.domain.job import DataSpec, Levels
from paretocaps.domain.pairs import FEWEST, MOST, pair_count, pair_names
from paretocaps.domain.progress import OnProgress
from paretocaps.domain.wording import listed
from paretocaps.errors import DataError, UsageError
from paretocaps.registry import resolve


@dataclass(frozen=True, eq=False)
class RawSplits:
    """A data set that is read, checked and split; its labels are 0 to classes - 1.

    `class_names` are in the order of the labels, if the source has them; `summary` is one line for the user
    on the classes and parts, and `remarks` are notes on how the data set was read; `levels`, `transposed` and
    `anew` are those of `raw.RawData`. With `pairs`, a label stands for two classes (see `domain.pairs`).
    `held_out` are the parts that the source does not have, taken out of its training part.
    """

    train: RawPart
    validation: RawPart
    test: RawPart
    classes: int
    name: str
    class_names: tuple[str, ...] | None = None
    remarks: tuple[str, ...] = ()
    levels: Levels | None = None
    transposed: bool = False
    pairs: bool = False
    anew: tuple[str, ...] = ()
    summary: str = ""
    held_out: tuple[str, ...] = ()

    @property
    def told(self) -> tuple[str, ...]:
        """The summary and the remarks, which are told where the data are first read."""
        return (self.summary, *self.remarks)


def read_splits(spec: DataSpec, on_preparing: OnProgress | None = None) -> RawSplits:
    """Read, check and split the images of `spec`.

    If a source has no test part, a fixed stratified sixth of its training part becomes the test part. The
    validation part is the source's own, or 10 % of what is left of the training part (6,000 images of MNIST),
    stratified and the same for every trial; `limit_train` keeps a stratified subset of the rest, and
    `limit_validation` one of the validation part, after a remark on the interval of an accuracy. Every class
    keeps an image in the training part; a remark names the classes of which the validation or the test part
    has none. If the images have to be prepared (see `arrays.decoded`), that is done here, and `on_preparing`
    receives the progress. With `pairs`, each image of a part is then laid over another one of it (see
    `pairs.overlapped`).

    Raises:
        UnknownNameError: there is no data set of that name.
        UsageError: the spec names no data, or a limit is more than the images or less than the classes.
        DataError: the data are missing, unreachable, truncated, corrupt, or too small to split, or a class
            has no training image.
    """
    found = _read(spec)
    raw = _decoded(found, spec, on_preparing)
    classes = check_raw(raw)
    name = spec.path or spec.name or ""
    classes_named = raw.class_names or tuple(map(str, range(classes)))
    _refuse_lack(raw.train, classes_named)
    train, test, validation = raw.train, raw.test, raw.validation
    if test is None:
        train, test = hold_out(train, one_in(6, len(train)), classes_named)
    if validation is None:
        train, validation = hold_out(train, one_in(10, len(train)), classes_named)
    limited = limited_training(train, spec.limit_train, name, classes)
    judged = limited_validation(validation, spec, len(train), name)
    splits = RawSplits(
        limited,
        judged,
        test,
        classes,
        name,
        raw.class_names,
        (
            *raw.remarks,
            *told_interval(len(judged), len(validation)),
            *_lack(judged.labels, classes_named, "validation"),
            *_lack(test.labels, classes_named, "test"),
        ),
        raw.levels,
        raw.transposed,
        anew=(*raw.anew, *read_anew(train, spec.limit_train)),
        summary=f"{classes} class{'es' * (classes != 1)}: {listed(classes_named)};"
        f" {_of(limited, train)} training,"
        f" {_of(judged, validation)} validation"
        f"{'' if found.validation is None else _whence(found.validation)},"
        f" {len(test):,} test images{_whence(found.test)}",
        held_out=tuple(name for name in ("validation", "test") if getattr(raw, name) is None),
    )
    return _paired(splits, classes_named) if spec.pairs else splits


def _paired(splits: RawSplits, names: Sequence[str]) -> RawSplits:
    """Return `splits` with each image laid over another one of its part, and pairs of classes as labels.

    Raises:
        DataError: there are too few or too many classes, or a part has images of one class only.
    """
    if not FEWEST <= splits.classes <= MOST:
        raise DataError(f"{splits.name}: {splits.classes} classes: pairs need {FEWEST} to {MOST} of them")
    train, validation, test = (
        overlapped(part, splits.classes, seed)
        for seed, part in enumerate((splits.train, splits.validation, splits.test))
    )
    return replace(
        splits,
        train=train,
        validation=validation,
        test=test,
        classes=pair_count(splits.classes),
        class_names=pair_names(names),
        pairs=True,
        summary=f"{splits.summary}, each laid over another one of another class",
    )


def _read(spec: DataSpec) -> RawData | EncodedData:
    if spec.path is not None:
        return read_folder(spec.path, spec.layout)
    if spec.name is None:
        raise UsageError(f"no data named: give a data set ({', '.join(DATASETS)}) or a folder")
    entry = DATASETS.get(spec.name)
    reader: Callable[[DatasetEntry], RawData | EncodedData] = resolve(entry.reader)
    return reader(entry)


def _of(part: RawPart, whole: RawPart) -> str:
    return f"{len(part):,}{f' of {len(whole):,}' if len(part) < len(whole) else ''}"


def _whence(part: RawPart | EncodedPart | None) -> str:
    return f" (from {part.place})" if part is not None and part.place else " (held out)"


def _decoded(data: RawData | EncodedData, spec: DataSpec, on_preparing: OnProgress | None) -> RawData:
    """Return the decoded images of `data`, with rows and columns exchanged if `spec` says so."""
    if not spec.transpose:
        return decoded(data, spec, on_preparing)
    size = spec.size and spec.size[::-1]
    raw = decoded(data, spec.model_copy(update={"size": size}), on_preparing)
    turned = raw.with_parts(lambda part: replace(part, pixels=part.pixels.swapaxes(2, 3)))
    return replace(turned, transposed=isinstance(data, EncodedData))


def _refuse_lack(train: RawPart, names: Sequence[str]) -> None:
    lacking = _lacking(train.labels, names)
    if lacking:
        raise DataError(
            f"{train.origin}: no training image of {_classes(lacking)}: add images, or declare only the"
            " classes that have some"
        )


def _lack(labels: Labels, names: Sequence[str], part: str) -> Iterator[str]:
    """Yield a remark if a part of the data lacks classes; measures by class then leave these out."""
    lacking = _lacking(labels, names)
    if lacking:
        yield f"the {part} part has no image of {_classes(lacking)}: nothing is measured on them there"


def _lacking(labels: Labels, names: Sequence[str]) -> list[str]:
    counts = np.bincount(labels, minlength=len(names))
    return [name for name, count in zip(names, counts, strict=True) if not count]


def _classes(names: Sequence[str]) -> str:
    return f"class{'es' * (len(names) > 1)} {listed(names)}"
