"""IDX files, the format in which MNIST and EMNIST are published, with or without gzip compression.

They are read by hand because torchvision, which can read them, cannot be installed with every build of torch.
"""

import gzip
import math
import re
import shlex
import struct
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from paretocaps.data.raw import RawData, RawPart
from paretocaps.data.sources.image_files import names_in
from paretocaps.domain.layout import Layout, Parts
from paretocaps.domain.wording import listed
from paretocaps.errors import DataError, did_you_mean

IMAGES, LABELS = "-images-idx3-ubyte", "-labels-idx1-ubyte"
UBYTE = 0x08  # IDX's code for unsigned bytes, the third byte of the magic number
_NAME = re.compile(r"(?P<set>.+)(?P<kind>[-.](?:images[-.]idx3|labels[-.]idx1)-ubyte)(?:\.gz)?")
_PART = re.compile(r"(?P<data>|.+-)(?P<part>train|t10k|test)")
_MOST_INFLATED = 1032  # bytes that one byte of deflated data can become
_BLOCK = 2**20
Sets = Mapping[str, Mapping[str, Path]]
"""By the common beginning of their names, such as "train", the files of each set by `IMAGES` and `LABELS`."""


def known(names: Iterable[str]) -> bool:
    """Return whether any of `names` is the name of an IDX file of images or labels."""
    return any(map(_NAME.fullmatch, names))


def read(folder: Path, layout: Layout) -> RawData:
    """Read the sets of IDX files that `layout` names as parts, or those whose names end in train and t10k.

    MNIST's files are called train-images-idx3-ubyte, t10k-labels-idx1-ubyte and so on, and EMNIST's, whose
    test part is called test, emnist-letters-train-images-idx3-ubyte. On Kaggle they are called
    train-images.idx3-ubyte, or are in folders of their own names. Each name may end in .gz; an uncompressed
    file is preferred. The classes are 0 to the highest label, or 1 to it if no image has label 0.

    Args:
        folder: the folder of the files.
        layout: what the user says about the folder.

    Raises:
        DataError: a file is missing, truncated or corrupt, it cannot be told which files are the parts, or
            the numbers of images and labels differ.
    """
    parts = layout.parts or _found(folder)
    train, test, validation = (
        None if place is None else _part(folder, place)
        for place in (parts.train, parts.test, parts.validation)
    )
    assert train is not None
    remarks = []
    if "emnist" in parts.train and not layout.transpose:
        remarks.append(
            "EMNIST stores its images with rows and columns exchanged: --transpose turns them upright"
        )
    return _numbered_from_0(RawData(train, test, remarks=tuple(remarks), validation=validation))


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Return the unsigned bytes of an IDX file, which must have the given number of `dimensions`.

    The format is a magic number of four bytes (0, 0, type, number of dimensions), each dimension as a
    big-endian 32-bit integer, and the values in row-major order. No more than these values is inflated.

    Raises:
        DataError: the file cannot be read, has another magic number, or does not have the declared size.
    """
    try:
        with path.open("rb") if path.suffix != ".gz" else gzip.open(path) as stream:
            return _values(cast(IO[bytes], stream), path, dimensions)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: truncated or corrupt gzip data ({error}): download it again") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}): check the file") from None


def _values(stream: IO[bytes], path: Path, dimensions: int) -> NDArray[np.uint8]:
    shape = _shape(stream, path, dimensions)
    declared, size = math.prod(shape), path.stat().st_size
    if path.suffix != ".gz" and (held := size - stream.tell()) != declared:
        raise _wrong_size(path, shape, str(held))
    if declared > _MOST_INFLATED * size:  # no memory is asked for what cannot be there
        raise _wrong_size(path, shape, f"only {size} compressed bytes")
    values, done = np.empty(declared, np.uint8), 0
    while block := stream.read(min(_BLOCK, declared - done)):
        values[done : done + len(block)] = np.frombuffer(block, np.uint8)
        done += len(block)
    more = stream.read(1)  # at the end of gzip data, this compares the checksum
    if more or done < declared:
        raise _wrong_size(path, shape, "more" if more else str(done))
    return values.reshape(shape)


def _shape(stream: IO[bytes], path: Path, dimensions: int) -> tuple[int, ...]:
    magic, header = bytes([0, 0, UBYTE, dimensions]), 4 * (1 + dimensions)
    begin = stream.read(header)
    if begin[:4] != magic:
        raise DataError(
            f"{path}: starts with {begin[:4].hex() or 'nothing'}, not {magic.hex()}: it is not an IDX file"
            f" of {dimensions}-dimensional unsigned bytes; download it again"
        )
    if len(begin) < header:
        raise DataError(f"{path}: truncated within its {header} bytes of header: download it again")
    return struct.unpack(f">{dimensions}I", begin[4:])


def _wrong_size(path: Path, shape: tuple[int, ...], held: str) -> DataError:
    return DataError(
        f"{path}: declares {'x'.join(map(str, shape))} = {math.prod(shape)} values but holds {held}:"
        " truncated or corrupt, download it again"
    )


def _sets(folder: Path) -> Sets:
    """Return the sets of IDX files in `folder`, and in sub-folders that are called like IDX files."""
    names = filter(_NAME.fullmatch, names_in(folder) if folder.is_dir() else [])
    files = [folder / name for name in names]
    files += [file / name for file in files if file.is_dir() for name in names_in(file)]
    found: dict[str, dict[str, Path]] = {}
    for file in sorted(files, key=lambda file: (file.suffix == ".gz", len(file.parts), file.name)):
        name = _NAME.fullmatch(file.name)
        if name and file.is_file():
            kind = IMAGES if "images" in name["kind"] else LABELS
            found.setdefault(name["set"], {}).setdefault(kind, file)
    return found


def _found(folder: Path) -> Parts:
    """Return the names of the training and the test set in `folder`, which must be of one data set."""
    of_data = defaultdict[str, dict[str, str]](dict)
    for name in _sets(folder):
        if part := _PART.fullmatch(name):
            of_data[part["data"]][part["part"]] = name
    if len(of_data) > 1:
        first = min(of_data)
        test = f",test={first}test" if "test" in of_data[first] else ""
        raise DataError(
            f"data folder {str(folder)!r} holds the IDX files of {len(of_data)} data sets"
            f" ({listed([one.strip('-') or 'train' for one in sorted(of_data)])}): choose one, such as"
            f" --data {shlex.quote(str(folder))} --parts {shlex.quote(f'train={first}train{test}')}"
        )
    data, own = next(iter(of_data.items()), ("", {}))
    return Parts(train=own.get("train", f"{data}train"), test=own.get("t10k", own.get("test")))


def _part(folder: Path, place: str) -> RawPart:
    found = _sets((folder / place).parent)
    files = found.get(Path(place).name, {})
    for kind in (IMAGES, LABELS):
        if kind not in files:
            meant = did_you_mean(Path(place).name, found) if not files else ""
            raise DataError(
                f"data folder {str(folder)!r} has no {place}{kind}[.gz]{meant}: put it next to the others"
            )
    images, labels = read_idx(files[IMAGES], 3), read_idx(files[LABELS], 1)
    if len(images) != len(labels):
        raise DataError(
            f"{files[IMAGES]} has {len(images)} images but {files[LABELS].name} has {len(labels)} labels:"
            " take both from one data set"
        )
    if images.size == 0:
        raise DataError(f"{files[IMAGES]}: holds no images: name a folder that has some")
    return RawPart(images[:, np.newaxis], labels.astype(np.int64), str(files[LABELS]), place=place)


def _numbered_from_0(data: RawData) -> RawData:
    """Return `data` with labels from 0, and the original labels as class names, if they are from 1."""
    if any(part.labels.min() < 1 for part in data.parts) or data.train.labels.min() > 1:
        return data
    classes = int(data.train.labels.max())
    shifted = data.with_parts(lambda part: replace(part, labels=part.labels - 1))
    remark = f"labels are 1 to {classes}, not from 0: the classes are named after them"
    names = tuple(map(str, range(1, classes + 1)))
    return replace(shifted, classes=classes, class_names=names, remarks=(*data.remarks, remark))
