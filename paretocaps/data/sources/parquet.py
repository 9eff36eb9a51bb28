"""The reader of parquet files with encoded images."""

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate, chain
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from paretocaps.data.encoded_images import EncodedData, EncodedPart
from paretocaps.data.fingerprint import fingerprint
from paretocaps.data.raw import Labels
from paretocaps.data.sources.image_table import (
    LABEL_COLUMNS,
    ROWS,
    columns,
    row_name,
    table_files,
    table_labels,
)
from paretocaps.errors import DataError

SUFFIX = ".parquet"


@dataclass(frozen=True, eq=False)
class _Shard:
    """One parquet file: its path, the name of its column of images, and its labels."""

    file: Path
    images: str
    labels: Labels


def known(names: Sequence[str]) -> bool:
    """Return whether any of `names` is the name of a parquet file."""
    return any(name.endswith(SUFFIX) for name in names)


def read(folder: Path, names: Sequence[str]) -> EncodedData:
    """Read the parquet files whose names start with "train", and those with "test" if there are any.

    They need a column `image` (or `img`) {bytes, path} of image files, and an integer column `label` (or
    `fine_label`); other columns and files are ignored. If the files declare the classes, as those of the hub
    do, these are used; otherwise the classes are 0 to the highest training label.

    Args:
        folder: the folder of the files.
        names: the names of all files in it.

    Raises:
        DataError: a file is missing, truncated or corrupt, a column is missing, or a label is out of range.
    """
    files = {
        part: [folder / name for name in names if name.startswith(part) and name.endswith(SUFFIX)]
        for part in ("train", "test")
    }
    if not files["train"]:
        raise DataError(
            f"data folder {str(folder)!r} has no parquet file whose name starts with 'train': rename one"
        )
    names_of_classes = _declared_classes(files["train"][0])
    classes = len(names_of_classes) if names_of_classes else None
    return EncodedData(
        train=_part(files["train"], classes),
        test=_part(files["test"], classes) if files["test"] else None,
        name=folder.name,
        fingerprint=fingerprint(folder, [*files["train"], *files["test"]]),
        classes=classes,
        class_names=names_of_classes,
        tabular=True,
    )


def _part(files: list[Path], classes: int | None) -> EncodedPart:
    shards = [shard for file in files if len((shard := _shard(file, classes)).labels)]
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
    )


def _shard(file: Path, classes: int | None) -> _Shard:
    with _opened(file) as opened:
        image_name, label_name = columns(opened.schema_arrow.names, str(file))
        labels = opened.read(columns=[label_name])
    return _Shard(file, image_name, table_labels(labels, label_name, str(file), classes))


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


def _declared_classes(file: Path) -> tuple[str, ...] | None:
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
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return DataError(f"{file}: truncated or corrupt parquet ({reason}): get it again")
