"""IDX files, the format in which MNIST is published, with or without gzip compression.

They are read by hand because torchvision, which can read them, cannot be installed with every build of torch.
"""

import gzip
import math
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from paretocaps.data.raw import RawData, RawPart
from paretocaps.errors import DataError

IMAGES, LABELS = "-images-idx3-ubyte", "-labels-idx1-ubyte"
TRAIN, TEST = "train", "t10k"
UBYTE = 0x08  # IDX's code for unsigned bytes, the third byte of the magic number


def known(names: Sequence[str]) -> bool:
    """Return whether any of `names` is the name of one of MNIST's files."""
    return any(name.removesuffix(".gz") in _expected() for name in names)


def read(folder: Path, names: Sequence[str]) -> RawData:
    """Read files named as MNIST's: train-images-idx3-ubyte, train-labels-idx1-ubyte, and t10k-... if present.

    Each name may end in .gz; an uncompressed file is preferred. The classes are 0 to the highest label.

    Args:
        folder: the folder of the files.
        names: the names of all files in it.

    Raises:
        DataError: a file is missing, truncated or corrupt, or the numbers of images and labels differ.
    """
    has_test = any(name.startswith((TEST + IMAGES, TEST + LABELS)) for name in names)
    return RawData(
        train=_part(folder, names, TRAIN),
        test=_part(folder, names, TEST) if has_test else None,
    )


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Return the unsigned bytes of an IDX file, which must have the given number of `dimensions`.

    The format is a magic number of four bytes (0, 0, type, number of dimensions), each dimension as a
    big-endian 32-bit integer, and the values in row-major order.

    Raises:
        DataError: the file cannot be read, has another magic number, or does not have the declared size.
    """
    content = _content(path)
    header = 4 * (1 + dimensions)
    magic = bytes([0, 0, UBYTE, dimensions])
    if content[:4] != magic:
        raise DataError(
            f"{path}: starts with {content[:4].hex() or 'nothing'}, not {magic.hex()}: it is not an IDX file"
            f" of {dimensions}-dimensional unsigned bytes; download it again"
        )
    if len(content) < header:
        raise DataError(f"{path}: truncated within its {header} bytes of header: download it again")
    shape = struct.unpack(f">{dimensions}I", content[4:header])
    if len(content) - header != math.prod(shape):
        raise DataError(
            f"{path}: declares {'x'.join(map(str, shape))} = {math.prod(shape)} values but holds"
            f" {len(content) - header}: truncated or corrupt, download it again"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _content(path: Path) -> bytes:
    try:
        if path.suffix != ".gz":
            return path.read_bytes()
        with gzip.open(path) as stream:
            return stream.read()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: truncated or corrupt gzip data ({error}): download it again") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}): check the file") from None


def _part(folder: Path, names: Sequence[str], part: str) -> RawPart:
    image_path, label_path = (_file(folder, names, part + kind) for kind in (IMAGES, LABELS))
    images, labels = read_idx(image_path, 3), read_idx(label_path, 1)
    if len(images) != len(labels):
        raise DataError(
            f"{image_path} has {len(images)} images but {label_path.name} has {len(labels)} labels:"
            " take both from one data set"
        )
    if images.size == 0:
        raise DataError(f"{image_path}: holds no images: name a folder that has some")
    return RawPart(images[:, np.newaxis], labels.astype(np.int64), str(label_path))


def _file(folder: Path, names: Sequence[str], name: str) -> Path:
    for candidate in (name, name + ".gz"):
        if candidate in names:
            return folder / candidate
    raise DataError(f"data folder {str(folder)!r} has no {name}[.gz]: put it next to the other IDX files")


def _expected() -> list[str]:
    return [part + kind for part in (TRAIN, TEST) for kind in (IMAGES, LABELS)]
