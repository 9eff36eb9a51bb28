"""Packs the predictions of validation images for their table, which only comparisons of networks read."""

import hashlib
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, insert

from paretocaps.domain.measurement import Predictions
from paretocaps.storage.schema import PREDICTIONS

_TYPE = np.dtype("<u4")


class Mistakes(NamedTuple):
    """What a training predicted wrongly.

    Attributes:
        images: equal for the same images, in the same order and with the same labels.
        classes: 0 for each image that was predicted rightly, else 1 + the predicted class, uint32 [images].
    """

    images: str
    classes: NDArray[np.uint32]


def insert_predictions(connection: Connection, predictions: Mapping[int, Predictions]) -> None:
    """Store predictions by the attempts' keys.

    Only the mistakes are stored, because they compress to a fraction of all the predictions.
    """
    rows = [{"attempt_id": key, **_packed(one)} for key, one in predictions.items()]
    if rows:
        connection.execute(insert(PREDICTIONS), rows)


def unpacked(row: Row[Any]) -> Mistakes:
    """Return the mistakes in a row of the table."""
    return Mistakes(row.images, np.frombuffer(zlib.decompress(row.mistakes), _TYPE))


def _packed(predictions: Predictions) -> dict[str, str | bytes]:
    labels, classes = np.array(predictions.labels, _TYPE), np.array(predictions.classes, _TYPE)
    wrong = np.where(classes == labels, 0, classes + 1).astype(_TYPE)
    images = hashlib.sha256(predictions.images.encode() + b"\0" + labels.tobytes())
    return {"images": images.hexdigest(), "mistakes": zlib.compress(wrong.tobytes(), 9)}
