"""Arrays of encoded images, which are decoded once into a mapped file, or every time if that is fast."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

import numpy as np

from paretocaps.data.cache import SUFFIX, CachedImages, cache_folder, read_cached
from paretocaps.data.decode import UnfitImageError, read_plain_pixels
from paretocaps.data.deep_images import scaled_from
from paretocaps.data.encoded_images import EncodedData, EncodedPart
from paretocaps.data.prepared_file import CAP, prepare
from paretocaps.data.raw import Images, Labels, RawData, RawPart, size
from paretocaps.domain.job import DataSpec, Levels
from paretocaps.domain.progress import OnProgress, unheard
from paretocaps.domain.wording import counted, listed
from paretocaps.errors import DataError

SMALL = 3 * 96 * 96  # an image with fewer values is decoded about as fast as it is read
FEW_BYTES = 2**29  # a part with more bytes is mapped from a file, not decoded into memory
_FORMAT = 3  # is increased when the same files give other pixels
_NAMED = 10  # how many of the images that were left out a remark names


def decoded(data: RawData | EncodedData, spec: DataSpec, on_preparing: OnProgress | None = None) -> RawData:
    """Return the images of `data` as arrays.

    Small images of one size from tables are decoded into memory every time. All others are decoded once (see
    `prepared_file.prepare`) into a file in the cache folder (see `cache.cache_folder`), which this process
    and later ones map. If the image files change, a new file is prepared.

    Args:
        data: the data of a source; of arrays, only the channels are changed.
        spec: gives `corrupt`, `channels` and `size`; arrays cannot be resized.
        on_preparing: receives the progress of a preparation.

    Raises:
        DataError: an image cannot be read and is not to be skipped, gray and coloured images are mixed, no
            images remain, or the cache folder cannot be used.
    """
    if isinstance(data, RawData):
        return _with_channels(data, spec.channels)
    channels = spec.channels or data.channels
    if data.tabular and spec.corrupt == "refuse":
        at_once = _decoded_at_once(data, spec.size)
        if at_once is not None and _is_as_asked(at_once, channels, spec.size):
            return at_once
    path = cache_folder() / f"{_slug(data.name)}-{_key(data, channels, spec)}{SUFFIX}"
    cached = read_cached(path)
    if cached is None:
        skip = spec.corrupt == "skip"
        prepare(data, channels, skip, on_preparing or unheard, path, spec.size, spec.levels)
        cached = read_cached(path)
    if cached is None:
        raise DataError(f"{path}: removed as soon as it was written: do not change the folder, and try again")
    return _from_cache(data, cached, spec)


def _is_as_asked(data: RawData, channels: int | None, asked: tuple[int, int] | None) -> bool:
    return channels in (None, data.train.shape[0]) and asked in (None, data.train.shape[1:])


def _slug(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name)[:40].strip("-.") or "images"


def _key(data: EncodedData, channels: int | None, spec: DataSpec) -> str:
    # the files do not tell how they were read: which is in which part, and which class they have
    what = [
        _FORMAT,
        spec.size or CAP,
        data.fingerprint,
        channels,
        spec.corrupt,
        data.class_names,
        spec.levels,
    ]
    digest = hashlib.sha256(json.dumps(what).encode())
    for part in data.parts:
        digest.update(b"\0%d\0" % len(part) + part.labels.astype("<i8").tobytes())
    return digest.hexdigest()[:24]


def _from_cache(data: EncodedData, cached: CachedImages, spec: DataSpec) -> RawData:
    pixels, labels = cached.pixels.transpose(0, 3, 1, 2), cached.labels
    ends = list(accumulate(_counts(cached), initial=0))
    arrays = [(pixels[start:end], labels[start:end]) for start, end in pairwise(ends)]
    skipped = list(map(str, cached.header["skipped"]))
    remarks = (*_left_out(skipped), *_resized(cached, spec.size is not None), *_scaled(cached))
    data = replace(data, remarks=(*data.remarks, *remarks), anew=(*data.anew, *_anew(cached)))
    return _in_arrays(data, arrays, _levels(cached))


def _counts(cached: CachedImages) -> Sequence[int]:
    """Return the number of images of each part; files of two parts may have only that of the first."""
    train = int(cached.header["train"])
    counts: Sequence[int] = cached.header.get("parts", (train, len(cached.labels) - train))
    return counts


def _in_arrays(
    data: EncodedData, arrays: Iterable[tuple[Images, Labels]], levels: Levels | None = None
) -> RawData:
    """Return `data` with the pixels and labels of its parts in `arrays`."""
    given = iter(arrays)

    def part(old: EncodedPart | None) -> RawPart | None:
        return None if old is None else RawPart(*next(given), old.origin)

    train, test, validation = part(data.train), part(data.test), part(data.validation)
    assert train is not None
    return RawData(
        train=train,
        test=test,
        classes=data.classes,
        class_names=data.class_names,
        remarks=data.remarks,
        validation=validation,
        levels=levels,
        anew=data.anew,
    )


def _resized(cached: CachedImages, asked: bool) -> tuple[str, ...]:
    count, (height, width) = int(cached.header["resized"]), cached.pixels.shape[1:3]
    if not count:
        return ()
    which = "all images" if count == len(cached.labels) else f"{count} of {len(cached.labels)} images"
    why = "as requested" if asked else f"the median of the training images, {CAP} at most"
    return (f"{which} are resized to {height}x{width}: {why}",)


def _levels(cached: CachedImages) -> Levels | None:
    found = cached.header["levels"]
    return None if found is None else (float(found[0]), float(found[1]))


def _scaled(cached: CachedImages) -> tuple[str, ...]:
    """Return remarks on images of more than 8 bits."""
    levels, scaled, upper = _levels(cached), int(cached.header["scaled"]), int(cached.header["upper"])
    remarks = [] if levels is None or not scaled else [f"{_counted(scaled)}: {scaled_from(levels)}"]
    if upper:
        remarks.append(f"{_counted(upper)}: of 16-bit colours, the upper 8 bits are read")
    return tuple(remarks)


def _counted(images: int) -> str:
    return f"{images} image{'s' * (images > 1)}"


def _anew(cached: CachedImages) -> tuple[str, ...]:
    count = int(cached.header["anew"])
    if not count:
        return ()
    images = "1 image is" if count == 1 else f"{count} images are"
    return (f"{images} turned upright or scaled from more than 8 bits",)


def _left_out(skipped: list[str]) -> tuple[str, ...]:
    if not skipped:
        return ()
    count = (
        "1 image that cannot be read is"
        if len(skipped) == 1
        else f"{len(skipped)} images that cannot be read are"
    )
    return (f"{count} left out: {listed(skipped, _NAMED)}",)


def _decoded_at_once(data: EncodedData, asked: tuple[int, int] | None) -> RawData | None:
    """Decode small plain images of one size into memory, that which is `asked` for or with None any.

    Return None if there are any other images.
    """
    shape: tuple[int, ...] | None = None
    arrays: list[tuple[Images, Labels]] = []
    for part in data.parts:
        pixels = _all_pixels(part, shape, asked)
        if pixels is None:
            return None
        shape = pixels.shape[1:]
        arrays.append((pixels.transpose(0, 3, 1, 2), part.labels))
    return _in_arrays(data, arrays)


def _all_pixels(
    part: EncodedPart, shape: tuple[int, ...] | None, asked: tuple[int, int] | None
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]] | None:
    """Return uint8 [N, H, W, C], or None unless all images are small, readable and of one shape."""
    images = None
    for row, file in enumerate(part.files()):
        try:
            pixels = read_plain_pixels(file)
        except UnfitImageError:
            return None
        if pixels is None or (shape is not None and pixels.shape != shape):
            return None
        if images is None:
            shape = pixels.shape
            if shape[:2] != (asked or shape[:2]):
                return None
            if pixels.size >= SMALL or pixels.size * len(part) > FEW_BYTES:
                return None
            images = np.empty((len(part), *shape), np.uint8)
        images[row] = pixels
    return images


def _with_channels(data: RawData, channels: int | None) -> RawData:
    """Return arrays with the given channels; gray can become coloured, but not coloured gray."""
    found = data.train.shape[0]
    if channels is None or channels == found:
        return data
    if found != 1:
        raise DataError(
            f"{data.train.origin}: images of {size(data.train.shape)} cannot be given"
            f" {counted(channels, 'channel')}: leave --channels out"
        )
    return data.with_parts(lambda part: _coloured(part, channels))


def _coloured(part: RawPart, channels: int) -> RawPart:
    return RawPart(np.repeat(part.pixels, channels, axis=1), part.labels, part.origin, part.rows)
