"""How a data set was read, in a few plain values: a study keeps them, so that another reading is noticed."""

import zlib
from collections.abc import Mapping
from typing import Any

from paretocaps.data.raw_splits import RawSplits

PIXELS = 2
"""The number of the rules by which files become pixels; other rules that give other pixels have another."""
Reading = dict[str, Any]


def reading(splits: RawSplits) -> Reading:
    """Return what was read, in values that JSON can hold: equal for equal readings of the same files.

    They are the rules of the pixels, the classes, the number of images and the labels of each part, the shape
    of an image, the range of grays of more than 8 bits, and whether labels are pairs.
    """
    parts = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    return {
        "pixels": PIXELS,
        "classes": list(splits.class_names or map(str, range(splits.classes))),
        "shape": list(splits.train.shape),
        "levels": None if splits.levels is None else list(splits.levels),
        **({"pairs": True} if splits.pairs else {}),
        **{f"{name}_images": len(part) for name, part in parts.items()},
        **{f"{name}_labels": f"{zlib.crc32(part.labels.tobytes()):08x}" for name, part in parts.items()},
    }


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return how two readings differ, such as "test_images=12 (now 14)"; what one lacks is ignored."""
    return [
        f"{name}={_text(value)} (now {_text(now[name])})"
        for name, value in then.items()
        if name in now and value != now[name]
    ]


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
