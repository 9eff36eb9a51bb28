"""The digits that come with scikit-learn."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from paretocaps.data.catalog import DatasetEntry
from paretocaps.data.raw import RawData, RawPart
from paretocaps.data.split import hold_out, one_in

LEVELS = 16  # each pixel is the number of set bits in a 4x4 block: 0 to 16


def read(entry: DatasetEntry) -> RawData:
    """Return the 1,797 digits, uint8 [N, 1, 8, 8] with 0..16 scaled to 0..255.

    The data set has no test part, so a fixed stratified fifth (359 images) is used as one.
    """
    pixels, labels = _table()
    images = np.rint(pixels.reshape(-1, 1, 8, 8) * (255 / LEVELS)).astype(np.uint8)
    train, test = hold_out(
        RawPart(images, labels.astype(np.int64), f"data set {entry.name!r}"), one_in(5, len(labels))
    )
    return RawData(train, test, classes=10, class_names=tuple(map(str, range(10))))


def _table() -> tuple[Any, Any]:
    """Return pixels and labels, from scikit-learn's file where it is found: its import takes seconds."""
    found = find_spec("sklearn")
    for place in (found and found.submodule_search_locations) or ():
        file = Path(place) / "datasets" / "data" / "digits.csv.gz"
        if file.is_file():
            table = np.loadtxt(file, delimiter=",")
            return table[:, :-1], table[:, -1]
    from sklearn.datasets import load_digits

    return load_digits(return_X_y=True)  # type: ignore[no-any-return]
