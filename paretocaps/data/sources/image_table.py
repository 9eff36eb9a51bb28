"""Tables of image files with labels, as they are found on the hub and in parquet folders."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from paretocaps.data.raw import Labels, check_labels
from paretocaps.errors import DataError

if TYPE_CHECKING:
    from pyarrow import Table

IMAGE_COLUMNS = ("image", "img")
LABEL_COLUMNS = ("label", "fine_label")
"""The names of the columns, in order of preference; the second ones are those of CIFAR on the hub."""
ROWS = 32
"""How many rows are read at a time."""


def columns(names: Sequence[str], origin: str) -> tuple[str, str]:
    """Return which of the `names` of a table's columns are those of the images and of the labels.

    Raises:
        DataError: one of the two columns is missing.
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


def table_labels(table: "Table", name: str, origin: str, classes: int | None) -> Labels:
    """Return the labels of a table, int64 [N].

    Args:
        table: the rows.
        name: the name of the column with the labels.
        origin: the file or data set, for error messages; rows in them count from 0.
        classes: the declared number of classes, if any.

    Raises:
        DataError: a label is not an integer, missing or out of range.
    """
    from pyarrow.types import is_integer

    column = table.column(name)
    if not is_integer(column.type):
        raise DataError(f"{origin}: column {name!r} is {column.type}: it must hold integers from 0")
    if column.null_count:
        row = column.is_null().to_pylist().index(True)
        raise DataError(f"{origin}: row {row} has no label: give it one or drop the row")
    labels: Labels = column.to_numpy().astype(np.int64)
    check_labels(labels, classes, origin)
    return labels


def table_files(tables: "Iterator[Table]", name: str, origin: str) -> Iterator[bytes]:
    """Yield the bytes of the image files {bytes, path} in consecutive `tables`, row by row.

    Args:
        tables: tables of a few rows each.
        name: the name of the column with the images.
        origin: the file or data set, for error messages; rows in them count from 0.

    Raises:
        DataError: the column has another type, or a row has no image.
    """
    from pyarrow.types import is_struct

    before = 0
    for table in tables:
        column = table.column(name)
        if not is_struct(column.type) or "bytes" not in {field.name for field in column.type}:
            raise DataError(
                f"{origin}: column {name!r} is {column.type}: it must be a struct of bytes and path"
            )
        for row, value in enumerate(column.to_pylist(), before):
            if value is None or value["bytes"] is None:
                raise DataError(f"{origin}: row {row} has no image bytes: embed the image in the file")
            yield value["bytes"]
        before += table.num_rows


def row_name(origin: str) -> Callable[[int], str]:
    """Return a function from a row to the name of its image of `origin` in error messages."""
    return lambda row: f"{origin}: the image of row {row}"
