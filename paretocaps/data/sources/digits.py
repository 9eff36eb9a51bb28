"""The digits that come with scikit-learn."""

import numpy as np

from paretocaps.data.catalog import DatasetEntry
from paretocaps.data.raw import RawData, RawPart
from paretocaps.data.split import hold_out, one_in

LEVELS = 16  # each pixel is the number of set bits in a 4x4 block: 0 to 16


def read(entry: DatasetEntry) -> RawData:
    """Return the 1,797 digits, uint8 [N, 1, 8, 8] with 0..16 scaled to 0..255.

    The data set has no test part, so a fixed stratified fifth (359 images) is used as one.
    """
    # imported here, because sklearn.datasets takes a second to import
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    images = np.rint(pixels.reshape(-1, 1, 8, 8) * (255 / LEVELS)).astype(np.uint8)
    train, test = hold_out(
        RawPart(images, labels.astype(np.int64), f"data set {entry.name!r}"), one_in(5, len(labels))
    )
    return RawData(train, test, classes=10, class_names=tuple(map(str, range(10))))
