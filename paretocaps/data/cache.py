"""Prepared images on disk: one file per data set, which is read by mapping it into memory."""

import json
import os
import shutil
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from paretocaps.data.raw import Labels
from paretocaps.errors import DataError
from paretocaps.writing import whole_file

VARIABLE = "PARETOCAPS_CACHE"
"""Environment variable that names another folder for prepared images."""
SUFFIX = ".images"
_MAGIC = b"pcaps-1\n"
_END = struct.Struct("<Q8s")  # length of the JSON before it, and the magic, which a truncated file lacks


@dataclass(frozen=True, eq=False)
class CachedImages:
    """The content of a prepared file.

    Attributes:
        pixels: uint8 [N, H, W, C], mapped read-only.
        labels: int64 [N].
        header: all other values in the file.
    """

    pixels: NDArray[np.uint8]
    labels: Labels
    header: Mapping[str, Any]


def cache_folder() -> Path:
    """Return the folder of prepared images: PARETOCAPS_CACHE, else the platform's cache folder."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser()
    return user_cache_path("paretocaps", appauthor=False, opinion=False)


def read_cached(path: Path) -> CachedImages | None:
    """Map the prepared file `path`; return None if it does not exist or is not complete."""
    try:
        with path.open("rb") as stream:
            stream.seek(-_END.size, os.SEEK_END)
            length, magic = _END.unpack(stream.read())
            if magic != _MAGIC:
                return None
            stream.seek(-_END.size - length, os.SEEK_END)
            header = json.loads(stream.read(length))
            shape = tuple(header["shape"])
            values = int(np.prod(shape, dtype=np.int64))
            stream.seek(values)
            labels = np.frombuffer(stream.read(8 * shape[0]), "<i8").astype(np.int64)
            whole = stream.tell() + length + _END.size == os.fstat(stream.fileno()).st_size
        if not whole or len(labels) != shape[0]:
            return None
        return CachedImages(np.memmap(path, np.uint8, "r", shape=shape), labels, header)
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        return None


@contextmanager
def new_images_file(path: Path, bytes_needed: int) -> Iterator[BinaryIO]:
    """Open a file for writing, which becomes `path` when it is complete (see `whole_file`).

    Write the pixels to it, image by image, and then call `write_end`.

    Raises:
        DataError: the folder cannot be written to, or its disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(path.parent).free
        if free < bytes_needed:
            raise DataError(
                f"the prepared images need {bytes_needed / 1e9:.3g} GB but {str(path.parent)!r} has"
                f" {free / 1e9:.3g} GB left: set {VARIABLE} to a folder with more room"
            )
        with whole_file(path) as stream:
            yield stream
    except OSError as error:
        raise DataError(
            f"prepared images cannot be kept in {str(path.parent)!r} ({error.strerror or error}):"
            f" set {VARIABLE} to a folder that can be written to"
        ) from None


def write_end(
    stream: BinaryIO, image_shape: tuple[int, int, int], labels: Labels, header: Mapping[str, Any]
) -> None:
    """Write the labels and the header after the pixels of the images [H, W, C], and complete the file."""
    content = {**header, "shape": [len(labels), *image_shape]}
    encoded = json.dumps(content).encode()
    stream.write(labels.astype("<i8").tobytes())
    stream.write(encoded)
    stream.write(_END.pack(len(encoded), _MAGIC))
