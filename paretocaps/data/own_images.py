"""Images that a Python program has in memory, written as a folder that studies read like any other."""

import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image
from pyarrow import parquet

from paretocaps.data.sources.image_table import columns
from paretocaps.domain.wording import listed
from paretocaps.errors import DataError
from paretocaps.writing import private_folder, whole_folder

_PARTS = {
    "train": "train",
    "training": "train",
    "test": "test",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
}
_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_UNEQUAL = "data has {} images and {} labels: give one for each image"
_FORMS = (
    "a pair of arrays (images, labels), a torch Dataset of such pairs, a datasets.Dataset, or a dictionary of"
    " these with the parts train, test and validation"
)


@dataclass
class _Part:
    """The images of a part as the bytes of files, their labels, and a digest of the pixels."""

    files: list[bytes]
    labels: list[Any]
    names: tuple[str, ...] | None
    digest: str


def write_images(data: Any, root: Path) -> tuple[Path, dict[str, str]]:
    """Write images in memory as parquet files below `root`; return their folder, and its files by part.

    The folder's name follows from the images and labels, so that the same data are written once. Images are
    uint8, or floats from 0 to 1, of the shape [N, H, W], [N, H, W, C] or [N, C, H, W]; labels are names, or
    numbers from 0.

    Args:
        data: a pair of arrays (images, labels), a torch `Dataset`, a `datasets.Dataset`, or a dictionary of
            these by part.
        root: the folder of the database's data.

    Raises:
        DataError: the data have another form, or values that no 8-bit image has.
        OSError: the folder cannot be written.
    """
    try:
        parts = _parts(data)
    except OSError as error:  # Pillow's errors are among them
        raise DataError(
            f"an image of data cannot be read ({error}): get it again, or leave it out"
        ) from error
    names = _names(parts)
    digest = hashlib.sha256(repr(names).encode())
    for name, part in parts.items():
        own = "" if part.names in (None, names) else f" {part.names!r}"  # which numbers its classes otherwise
        digest.update(f"{name} {part.digest}{own}".encode())
    folder = root / digest.hexdigest()[:16]
    files = {name: f"{name}.parquet" for name in parts}
    if folder.is_dir():
        return folder, files
    private_folder(root)
    with whole_folder(folder) as draft:
        for name, part in parts.items():
            parquet.write_table(_table(part, names), draft / files[name], row_group_size=1024)
    return folder, files


def _parts(data: Any) -> dict[str, _Part]:
    given = data if isinstance(data, Mapping) else {"train": data}
    unknown = [name for name in given if name not in _PARTS]
    if unknown or not given:
        raise DataError(f"data has {repr(unknown[0]) if unknown else 'no parts'}: give {_FORMS}")
    found = {_PARTS[name]: _part(part) for name, part in given.items()}
    if "train" not in found:
        raise DataError(f"data has the parts {', '.join(given)}, but no train")
    return found


def _part(data: Any) -> _Part:
    if hasattr(data, "features") and hasattr(data, "column_names"):
        return _of_table(data)
    if isinstance(data, tuple | list) and len(data) == 2 and all(hasattr(one, "__len__") for one in data):
        images, labels = data
        if isinstance(images, list | tuple) and _is_mixed(images):
            if len(images) != len(labels):
                raise DataError(_UNEQUAL.format(len(images), len(labels)))
            return _of_pairs(list(zip(images, np.asarray(labels).tolist(), strict=True)))
        return _encoded(_images(np.asarray(images)), list(np.asarray(labels).tolist()), None)
    table = hasattr(data, "iloc") or isinstance(data, str | bytes | np.ndarray)
    if isinstance(data, Sized) and hasattr(data, "__getitem__") and not table:
        return _of_pairs(data)
    raise DataError(f"data is of type {type(data).__name__}: give a folder, a data set's name, or {_FORMS}")


def _is_mixed(images: Sequence[Any]) -> bool:
    """Whether images are pictures, or of several sizes, so that they are no single array."""
    return any(isinstance(one, Image.Image) for one in images) or len({np.shape(one) for one in images}) > 1


def _of_table(data: Any) -> _Part:
    """Return the rows of a `datasets.Dataset`, whose image files stay as they are."""
    from datasets import Image as ImageFeature

    data = data.with_format(None)  # as it is stored, not as a training loop would get it
    image, label = columns(data.column_names, "data")
    names = getattr(data.features[label], "names", None)
    rows = data.cast_column(image, ImageFeature(decode=False))[image]
    files = [row["bytes"] or Path(row["path"]).read_bytes() for row in rows]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file)
    return _with_labels(files, list(data[label]), tuple(names) if names else None, digest)


def _of_pairs(data: Any) -> _Part:
    """Return the items of a torch `Dataset`: pairs of an image, as an array or a picture, and its label."""
    pairs = [data[row] for row in range(len(data))]
    if not pairs or not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in pairs):
        raise DataError(f"data is a {type(data).__name__} of other items than (image, label): give {_FORMS}")
    images = (image for one, _ in pairs for image in _images(np.asarray(_plain(one))[None]))
    found = getattr(data, "classes", None)
    # elsewhere it may be their number
    names = list(found) if isinstance(found, Iterable) and not isinstance(found, str | bytes) else None
    return _encoded(images, [getattr(label, "item", lambda own=label: own)() for _, label in pairs], names)


def _plain(one: Any) -> Any:
    """Return a picture whose pixels are no grays or RGB, such as numbers of a palette, as RGB over white."""
    if not isinstance(one, Image.Image) or one.mode not in ("P", "YCbCr", "HSV"):
        return one
    if "transparency" not in one.info:
        return one.convert("RGB")
    opaque = Image.new("RGBA", one.size, "white")
    opaque.alpha_composite(one.convert("RGBA"))
    return opaque.convert("RGB")


def _images(images: NDArray[Any]) -> Iterator[NDArray[np.uint8]]:
    """Yield each image as uint8 [H, W] or [H, W, 3]."""
    if images.ndim not in (3, 4) or not images.size:
        raise DataError(
            f"images are of the shape {list(images.shape)}: give [N, H, W], [N, H, W, C] or [N, C, H, W]"
        )
    if images.ndim == 4 and images.shape[1] in (1, 3) and images.shape[3] not in (1, 3):
        images = images.transpose(0, 2, 3, 1)
    if images.ndim == 4 and images.shape[3] not in (1, 3):
        raise DataError(f"images have {images.shape[3]} channels: give 1 or 3")
    low, high = images.min(), images.max()
    fractions = images.dtype.kind in "fb"
    if not (np.isfinite([low, high]).all() and low >= 0 and high <= (1 if fractions else 255)):
        raise DataError(
            f"images are {images.dtype} from {low:g} to {high:g}: give uint8, or floats from 0 to 1,"
            " before any normalisation"
        )
    for image in images:
        pixels = (np.rint(image * 255) if fractions else image).astype(np.uint8)
        yield pixels[:, :, 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels


def _encoded(images: Iterator[NDArray[np.uint8]], labels: list[Any], names: Sequence[str] | None) -> _Part:
    files, digest = [], hashlib.sha256()
    for pixels in images:
        digest.update(f"{pixels.shape}".encode() + pixels.tobytes())
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "png", compress_level=1)
        files.append(stream.getvalue())
    return _with_labels(files, labels, None if names is None else tuple(map(str, names)), digest)


def _with_labels(files: list[bytes], labels: list[Any], names: tuple[str, ...] | None, digest: Any) -> _Part:
    if len(files) != len(labels):
        raise DataError(_UNEQUAL.format(len(files), len(labels)))
    if wrong := [label for label in labels if not _is_label(label)]:
        raise DataError(f"data has the label {wrong[0]!r:.80}: give a name, or a whole number from 0")
    digest.update(repr(labels).encode())
    return _Part(files, labels, names, digest.hexdigest())


def _is_label(label: Any) -> bool:
    return isinstance(label, str | int) or (isinstance(label, float) and label.is_integer())


def _names(parts: Mapping[str, _Part]) -> tuple[str, ...] | None:
    """Return the names of the classes: those that the data declare, or the labels if these are names."""
    declared = next((part.names for part in parts.values() if part.names), None)
    labels = {label for part in parts.values() for label in part.labels}
    if declared is None and any(isinstance(label, str) for label in labels):
        return tuple(sorted(map(str, labels)))
    return declared


def _number(label: Any, own: Sequence[str], numbers: Mapping[str, int]) -> int:
    """Return the number of a label in all parts, where its part may number its `own` classes otherwise."""
    name = label if isinstance(label, str) else own[int(label)] if 0 <= int(label) < len(own) else None
    if name is None:
        return int(label)
    if name not in numbers:
        raise DataError(
            f"data has the class {name!r:.80} in one part, and other classes in another"
            f" ({listed([*numbers])}): name the same ones"
        )
    return numbers[name]


def _table(part: _Part, names: tuple[str, ...] | None) -> pa.Table:
    """Return the rows of a part as the `datasets` library writes them, with the names of the classes."""
    numbers = {name: number for number, name in enumerate(names or ())}
    own = () if part.names == names else part.names or ()
    labels = [_number(label, own, numbers) for label in part.labels]
    table = pa.table(
        {
            "image": pa.array([{"bytes": file, "path": None} for file in part.files], _IMAGE),
            "label": pa.array(labels, pa.int64()),
        }
    )
    label = {"_type": "ClassLabel", "names": list(names)} if names else {"_type": "Value", "dtype": "int64"}
    features = {"image": {"_type": "Image"}, "label": label}
    return table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
