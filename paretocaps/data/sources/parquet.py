"""The reader of parquet files with encoded images."""

import json
import re
import shlex
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import accumulate, chain
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from paretocaps.data.encoded_images import EncodedData, EncodedPart
from paretocaps.data.fingerprint import fingerprint
from paretocaps.data.raw import Labels
from paretocaps.data.sources.class_names import numbers_by_name
from paretocaps.data.sources.image_files import TABLE, folders_in, is_hidden, names_in
from paretocaps.data.sources.image_table import (
    LABEL_COLUMNS,
    ROWS,
    columns,
    row_name,
    table_files,
    table_labels,
)
from paretocaps.domain.layout import Layout, Parts
from paretocaps.errors import DataError, first_line

ClassNames = tuple[str, ...]
_POINTER = b"version https://git-lfs"
_TESTS = ("test", "val", "valid", "validation")
"""The beginnings of the names of the test part's files, in order of preference."""


@dataclass(frozen=True)
class _Files:
    """The files of all parts, with remarks on how they were chosen, and `anew` of `raw.RawData`."""

    train: Sequence[Path]
    test: Sequence[Path]
    validation: Sequence[Path] = ()
    remarks: tuple[str, ...] = ()
    anew: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Shard:
    """One parquet file: its path, the name of its column of images, and its labels."""

    file: Path
    images: str
    labels: Labels


def read(folder: Path, layout: Layout) -> EncodedData:
    """Read the parquet files whose names start with "train", and those with "test" if there are any.

    If `layout` names the parts, their files are read instead. Without files of "test", those of "val",
    "valid" or "validation" are the test part, with a remark. The files need a column `image` (or `img`)
    {bytes, path} of image files, and an integer column `label` (or `fine_label`); other columns and files are
    ignored. The classes are those that the first training file with a declaration declares, as the files of
    the hub do; labels of files that declare them in another order are renumbered by name. Without a
    declaration in a training file, the classes are 0 to the highest training label, and names that another
    part declares are left out, with a remark.

    Args:
        folder: the folder of the files.
        layout: what the user says about the folder.

    Raises:
        DataError: a file is missing, truncated or corrupt, a column is missing, a label is out of range, or a
            file declares a class that the training part does not.
    """
    files = _chosen(folder) if layout.parts is None else _named(folder, layout.parts)
    everything = [*files.train, *files.test, *files.validation]
    declared = {file: _declared_classes(file) for file in everything}
    first = next((file for file in files.train if declared[file]), None)
    names_of_classes = declared[first] if first else None
    silent = [file.name for file in everything if first and not declared[file]]
    speaking = [file.name for file in everything if not first and declared[file]]
    remarks, anew = files.remarks, files.anew
    other = [file.name for file in everything if first and declared[file] not in (None, names_of_classes)]
    if other:
        anew += (f"labels of {', '.join(other)} are numbered by the names of their classes",)
    if first and silent:
        remarks += (
            f"no class names in {', '.join(silent)}: labels are read in the order that {first.name} declares",
        )
    if speaking:
        remarks += (
            f"class names are in {', '.join(speaking)} only, not in training files: labels are read as"
            " numbers, which are taken to mean the same everywhere",
        )
    return EncodedData(
        train=_part(folder, files.train, declared, first),
        test=_part(folder, files.test, declared, first) if files.test else None,
        validation=_part(folder, files.validation, declared, first) if files.validation else None,
        name=folder.name,
        fingerprint=fingerprint(folder, everything),
        classes=len(names_of_classes) if names_of_classes else None,
        class_names=names_of_classes,
        tabular=True,
        remarks=remarks,
        anew=anew,
    )


def _named(folder: Path, parts: Parts) -> _Files:
    """Return the files that the user named: all of a sub-folder, or those that fit a name with wildcards."""
    found = {role: _files_of(folder, place) for role, place in parts.model_dump(exclude_none=True).items()}
    for role, files in found.items():
        for other in found:
            if other != role and set(files) & set(found[other]):
                raise DataError(f"{role} and {other} both have {files[0]}: give each part files of its own")
    return _Files(found["train"], found.get("test", ()), found.get("validation", ()))


def _files_of(folder: Path, place: str) -> Sequence[Path]:
    there = folder / place
    files = [there / name for name in names_in(there)] if there.is_dir() else sorted(folder.glob(place))
    tables = [one for one in files if one.suffix == TABLE and not is_hidden(one.name) and one.is_file()]
    if not tables:
        raise DataError(
            f"parts: no parquet file in {str(folder)!r} is {place!r}: name one, or a sub-folder of them"
        )
    return tables


def _chosen(folder: Path) -> _Files:
    tables = [name for name in names_in(folder) if name.endswith(TABLE)]
    train = [name for name in tables if name.startswith("train")]
    if not train:
        also = ", or read its sub-folders as classes with --classes-are-folders" if folders_in(folder) else ""
        raise DataError(
            f"data folder {str(folder)!r} has no parquet file whose name starts with 'train': rename one, or"
            f" name the parts, such as --data {shlex.quote(str(folder))} --parts"
            f" {shlex.quote('train=' + tables[0])}{also}"
        )
    tests = {
        word: [name for name in tables if re.match(rf"{word}(?![a-z])", name) and name not in train]
        for word in _TESTS
    }
    tests["test"] = [name for name in tables if name.startswith("test")]
    test = next((found for found in tests.values() if found), [])
    remarks: list[str] = []
    anew: tuple[str, ...] = ()
    if test and test != tests["test"]:
        are = "is" if len(test) == 1 else "are"
        anew = (f"{', '.join(test)} {are} the test part",)
        remarks.append(
            f"{', '.join(test)} in {folder} {are} the test part: no parquet file's name starts with 'test'"
        )
    unused = [name for name in tables if name not in (*train, *test)]
    if unused:
        remarks.append(
            f"not used in {folder}: {', '.join(unused)} (validation images are taken from {train[0]}"
            f"{' and the like' if len(train) > 1 else ''})"
        )
    return _Files(
        [folder / name for name in train], [folder / name for name in test], (), tuple(remarks), anew
    )


def _part(
    folder: Path, files: Sequence[Path], declared: Mapping[Path, ClassNames | None], first: Path | None
) -> EncodedPart:
    """Return the rows of `files`, with the labels that their classes have in the file `first`, if any."""
    known = declared[first] if first else None
    shards = [shard for file in files if len((shard := _shard(file, declared[file], known, first)).labels)]
    if not shards:
        raise DataError(f"{files[0]}: holds no rows: name a folder that has images")
    more = f" and {len(shards) - 1} more" if len(shards) > 1 else ""
    ends = list(accumulate(len(shard.labels) for shard in shards))

    def name(row: int) -> str:
        at = bisect_right(ends, row)
        return row_name(str(shards[at].file))(row - (ends[at - 1] if at else 0))

    return EncodedPart(
        labels=np.concatenate([shard.labels for shard in shards]),
        origin=f"{shards[0].file}{more}",
        files=lambda: chain.from_iterable(
            table_files(_tables(shard), shard.images, str(shard.file)) for shard in shards
        ),
        name=name,
        place=f"{shards[0].file.relative_to(folder).as_posix()}{more}",
    )


def _shard(file: Path, own: ClassNames | None, known: ClassNames | None, first: Path | None) -> _Shard:
    with _opened(file) as opened:
        image_name, label_name = columns(opened.schema_arrow.names, str(file))
        labels = opened.read(columns=[label_name])
    names = known and (own or known)  # what only a test file declares says nothing about training labels
    found = table_labels(labels, label_name, str(file), len(names) if names else None)
    if known and own:
        found = numbers_by_name(own, known, str(file), str(first))[found]
    return _Shard(file, image_name, found)


def _tables(shard: _Shard) -> Iterator[pa.Table]:
    with _opened(shard.file) as opened:
        for batch in opened.iter_batches(ROWS, columns=[shard.images]):
            yield pa.Table.from_batches([batch])


@contextmanager
def _opened(file: Path) -> Iterator[parquet.ParquetFile]:
    try:
        with parquet.ParquetFile(file, page_checksum_verification=True) as opened:
            yield opened
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(file, error) from None


def _declared_classes(file: Path) -> ClassNames | None:
    """Return the class names in the metadata of the `datasets` library; None if it did not write the file."""
    try:
        metadata = parquet.read_schema(file).metadata or {}
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(file, error) from None
    try:
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
        names = next(features[name] for name in LABEL_COLUMNS if name in features)["names"]
    except (LookupError, StopIteration, TypeError, ValueError):
        return None
    return tuple(map(str, names)) or None


def _unreadable(file: Path, error: Exception) -> DataError:
    with suppress(OSError), file.open("rb") as stream:
        if stream.read(len(_POINTER)) == _POINTER:
            return DataError(
                f"{file}: a pointer of Git LFS, not the file: run `git lfs pull` in its repository"
            )
    return DataError(f"{file}: truncated or corrupt parquet ({first_line(error)}): get it again")
