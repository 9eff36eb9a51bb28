"""Checks uploaded images as those of `--data` are checked, with the same texts."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from paretocaps.data.raw_splits import read_splits
from paretocaps.data.uploaded.upload_limits import UploadLimits
from paretocaps.domain.job import DataSpec
from paretocaps.errors import TooLargeError

_SMALLEST = (1, 1)  # every image is decoded whole, but of its pixels next to nothing is kept
_RESIZED = ": as requested"  # ends the remark on that size


@dataclass(frozen=True)
class CheckedImages:
    """What an upload has.

    Attributes:
        files: how many files.
        bytes: their size.
        told: lines on the classes, the parts, and how they are read.
    """

    files: int
    bytes: int
    told: tuple[str, ...]


def check_images(folder: Path, size: int, limits: UploadLimits, reading: Mapping[str, Any]) -> CheckedImages:
    """Read all images of an unpacked upload, as a training does.

    Names in messages are those of `folder`, as it is given. The images are prepared in the cache folder of
    this process (see `data.cache`), in next to no space.

    Args:
        folder: the folder of the images.
        size: the bytes of the upload.
        limits: what it may take.
        reading: how the images are read, as fields of `domain.job.DataSpec`.

    Raises:
        DataError: the images cannot be read.
        TooLargeError: a limit is exceeded.
    """
    refuse_large_tables(folder, size, limits)
    spec = DataSpec.model_validate({**reading, "name": None, "path": str(folder), "size": _SMALLEST})
    told = tuple(line for line in read_splits(spec).told if not line.endswith(_RESIZED))
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return CheckedImages(len(sizes), sum(sizes), told)


def refuse_large_tables(folder: Path, size: int, limits: UploadLimits) -> None:
    """Check how many rows and bytes the parquet files below `folder` declare; damaged ones are passed over.

    Args:
        folder: the folder of an unpacked upload.
        size: the bytes of the upload.
        limits: what it may take.

    Raises:
        TooLargeError: there are too many.
    """
    rows, content = 0, 0
    files = list(folder.rglob("*.parquet"))
    for rows_of_file, bytes_of_file in _declared(files) if files and find_spec("pyarrow") else ():
        rows, content = rows + rows_of_file, content + bytes_of_file
    if rows > limits.files:
        raise TooLargeError(
            f"the upload has tables of {rows:,} rows, but {limits.files:,} at most are allowed: send fewer"
        )
    if content > limits.unpacked_of(size):
        raise TooLargeError(
            f"the upload has tables of {content:,} bytes when unpacked, but {limits.unpacked_of(size):,} are"
            " allowed: send fewer or smaller images"
        )


def _declared(files: Iterable[Path]) -> Iterator[tuple[int, int]]:
    """Yield the rows and the bytes that parquet files declare; whoever reads a damaged one says why."""
    from pyarrow import ArrowException, parquet

    for file in files:
        with suppress(ArrowException, OSError):
            found = parquet.read_metadata(file)
            groups = range(found.num_row_groups)
            yield found.num_rows, sum(found.row_group(group).total_byte_size for group in groups)
