"""Tables of image files with labels, as the hub and parquet folders have them."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from paretocaps.data.raw import Labels, check_labels
from paretocaps.errors import DataError

IMAGE_COLUMNS = ("image", "img")
LABEL_COLUMNS = ("label", "fine_label")
"""What the columns may be called, preferred first; the second ones are those of CIFAR on the hub."""
ROWS = 32
"""Rows that are read at a time."""


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


def table_labels(table: pa.Table, name: str, origin: str, classes: int | None) -> Labels:
    """Return the labels of a table, int64 [N].

    Args:
        table: the rows.
        name: of the column with the labels.
        origin: the file or data set, for error messages; rows in them count from 0.
        classes: the declared number of classes, if any.

    Raises:
        DataError: labels that are no integers, missing or out of range.
    """
    column = table.column(name)
    if not pa.types.is_integer(column.type):
        raise DataError(f"{origin}: column {name!r} is {column.type}: it must hold integers from 0")
    if column.null_count:
        row = column.is_null().to_pylist().index(True)
        raise DataError(f"{origin}: row {row} has no label: give it one or drop the row")
    labels: Labels = column.to_numpy().astype(np.int64)
    check_labels(labels, classes, origin)
    return labels


def table_files(tables: Iterator[pa.Table], name: str, origin: str) -> Iterator[bytes]:
    """Return the image files {bytes, path} of consecutive `tables`, row by row.

    Args:
        tables: a few rows each.
        name: of the column with the images.
        origin: the file or data set, for error messages; rows in them count from 0.

    Raises:
        DataError: a column of another type, or a row without an image.
    """
    before = 0
    for table in tables:
        column = table.column(name)
        if not pa.types.is_struct(column.type) or "bytes" not in {field.name for field in column.type}:
            raise DataError(
                f"{origin}: column {name!r} is {column.type}: it must be a struct of bytes and path"
            )
        for row, value in enumerate(column.to_pylist(), before):
            if value is None or value["bytes"] is None:
                raise DataError(f"{origin}: row {row} has no image bytes: embed the image in the file")
            yield value["bytes"]
        before += table.num_rows


def row_name(origin: str) -> Callable[[int], str]:
    """Return what names the images of `origin` in error messages, by their rows."""
    return lambda row: f"{origin}: the image of row {row}"
