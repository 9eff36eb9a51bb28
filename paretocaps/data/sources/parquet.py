"""Parquet files with encoded images."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from paretocaps.data.raw import RawData, RawPart, size
from paretocaps.data.sources.encoded import LABEL_COLUMNS, columns, decode_table
from paretocaps.errors import DataError

SUFFIX = ".parquet"


def known(names: Sequence[str]) -> bool:
    """Return whether any of the file names is a parquet file's."""
    return any(name.endswith(SUFFIX) for name in names)


def read(folder: Path, names: Sequence[str]) -> RawData:
    """Read the parquet files whose names start with "train", and with "test" if there are any.

    They need a column `image` (or `img`) {bytes, path} of JPEG or PNG files, all gray or all RGB and of
    one size, and an integer column `label` (or `fine_label`); other columns and files are left alone.
    Where the files say which classes there are, as those of the hub do, that counts; otherwise the
    classes are 0 to the highest training label.

    Args:
        folder: where they lie.
        names: the names of all files there.

    Raises:
        DataError: a missing, truncated or corrupt file or image, or a missing column.
    """
    files = {
        part: [folder / name for name in names if name.startswith(part) and name.endswith(SUFFIX)]
        for part in ("train", "test")
    }
    if not files["train"]:
        raise DataError(
            f"data folder {str(folder)!r} has no parquet file whose name starts with 'train': rename one"
        )
    classes = _declared_classes(files["train"][0])
    return RawData(
        train=_part(files["train"], classes),
        test=_part(files["test"], classes) if files["test"] else None,
        classes=classes,
    )


def _part(files: list[Path], classes: int | None) -> RawPart:
    shards = [decode_table(table, str(file), classes) for file in files if (table := _table(file)).num_rows]
    if not shards:
        raise DataError(f"{files[0]}: holds no rows: name a folder that has images")
    for shard in shards[1:]:
        if shard.images.shape[1:] != shards[0].images.shape[1:]:
            raise DataError(
                f"{shard.origin}: images of {size(shard.images.shape[1:])}, but {shards[0].origin} has"
                f" {size(shards[0].images.shape[1:])}: all images must have one size"
            )
    if len(shards) == 1:
        return shards[0]
    origin = f"{shards[0].origin} and {len(shards) - 1} more"
    images = np.concatenate([shard.images for shard in shards])
    return RawPart(images, np.concatenate([shard.labels for shard in shards]), origin)


def _table(file: Path) -> pa.Table:
    try:
        with parquet.ParquetFile(file, page_checksum_verification=True) as opened:
            return opened.read(columns=list(columns(opened.schema_arrow.names, str(file))))
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(file, error) from None


def _declared_classes(file: Path) -> int | None:
    """Return the number of classes named by the `datasets` library's metadata, where it wrote the file."""
    try:
        metadata = parquet.read_schema(file).metadata or {}
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(file, error) from None
    try:
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
        names = next(features[name] for name in LABEL_COLUMNS if name in features)["names"]
    except (LookupError, StopIteration, TypeError, ValueError):
        return None
    return len(names) or None


def _unreadable(file: Path, error: Exception) -> DataError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return DataError(f"{file}: truncated or corrupt parquet ({reason}): get it again")
