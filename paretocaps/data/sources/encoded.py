"""Tables of JPEG or PNG files with labels, as the hub and parquet folders have them."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pyarrow as pa
from PIL import Image

from paretocaps.data.raw import Images, Labels, RawPart, check_labels, size
from paretocaps.errors import DataError

IMAGE_COLUMNS = ("image", "img")
LABEL_COLUMNS = ("label", "fine_label")
"""What the columns may be called, preferred first; the second ones are those of CIFAR on the hub."""
CHANNELS = {"L": 1, "RGB": 3}
CHUNK = 256  # images a task of the thread pool: large beside the cost of handing one over
LARGE = 3 * 96 * 96  # values; below that, threads mostly wait for the interpreter lock (measured)


def columns(names: Sequence[str], origin: str) -> tuple[str, str]:
    """Return which of a table's columns, by their `names`, hold the images and the labels.

    Raises:
        DataError: it has none for one of them.
    """
    return _column(names, IMAGE_COLUMNS, origin), _column(names, LABEL_COLUMNS, origin)


def _column(names: Sequence[str], known: Sequence[str], origin: str) -> str:
    for name in known:
        if name in names:
            return name
    raise DataError(
        f"{origin}: no column {' or '.join(map(repr, known))}"
        f" (columns: {', '.join(names) or 'none'}): rename or add it"
    )


def decode_table(table: pa.Table, origin: str, classes: int | None) -> RawPart:
    """Decode the images {bytes, path} and labels of a table that has rows (see `columns`).

    Args:
        table: the rows; images are JPEG or PNG, all gray or all RGB and of one size.
        origin: the file or data set, for error messages; rows in them count from 0.
        classes: the declared number of classes, if any.

    Raises:
        DataError: a missing column, or the first row with a corrupt or odd image or label.
    """
    image_name, label_name = columns(table.column_names, origin)
    labels = _labels(table, label_name, origin)
    check_labels(labels, classes, origin)
    return RawPart(_decode(_files(table, image_name, origin), origin), labels, origin)


def _labels(table: pa.Table, name: str, origin: str) -> Labels:
    column = table.column(name)
    if not pa.types.is_integer(column.type):
        raise DataError(f"{origin}: column {name!r} is {column.type}: it must hold integers from 0")
    if column.null_count:
        row = column.is_null().to_pylist().index(True)
        raise DataError(f"{origin}: row {row} has no label: give it one or drop the row")
    return column.to_numpy().astype(np.int64)  # type: ignore[no-any-return]


def _files(table: pa.Table, name: str, origin: str) -> list[bytes]:
    column = table.column(name)
    if not pa.types.is_struct(column.type) or "bytes" not in {field.name for field in column.type}:
        raise DataError(f"{origin}: column {name!r} is {column.type}: it must be a struct of bytes and path")
    files: list[bytes | None] = [row and row["bytes"] for row in column.to_pylist()]
    if None in files:
        raise DataError(f"{origin}: row {files.index(None)} has no image bytes: embed the image in the file")
    return files  # type: ignore[return-value]


def _decode(files: list[bytes], origin: str) -> Images:
    """Return uint8 [N, C, H, W], decoded in threads where the images are large enough for that to pay."""
    first = _image(files[0], origin, 0)
    images = np.empty((len(files), *first.shape), np.uint8)

    def decode_chunk(start: int) -> None:
        for row in range(start, min(start + CHUNK, len(files))):
            image = _image(files[row], origin, row)
            if image.shape != first.shape:
                raise DataError(
                    f"{origin}: the image of row {row} is {size(image.shape)} but that of row 0 is"
                    f" {size(first.shape)}: all images must have one size"
                )
            images[row] = image

    workers = min(8, os.cpu_count() or 1) if first.size >= LARGE else 1
    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(decode_chunk, range(0, len(files), CHUNK)):
            pass  # in order, so that the error raised is the first row's
    return images


def _image(file: bytes, origin: str, row: int) -> Images:
    try:
        with Image.open(BytesIO(file), formats=("JPEG", "PNG")) as image:
            mode, pixels = image.mode, np.asarray(image)
    except Exception as error:  # Pillow raises OSError, SyntaxError, ValueError and others for corrupt files
        reason = "neither JPEG nor PNG" if "cannot identify" in str(error) else error
        raise DataError(f"{origin}: the image of row {row} is corrupt ({reason}): replace it") from None
    if mode not in CHANNELS:
        raise DataError(f"{origin}: the image of row {row} has mode {mode}: convert it to L (gray) or RGB")
    height, width = pixels.shape[:2]
    return pixels.reshape(height, width, CHANNELS[mode]).transpose(2, 0, 1)
