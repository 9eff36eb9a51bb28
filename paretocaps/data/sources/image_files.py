"""Image files in folders: which files are read, and in which order."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import features

from paretocaps.errors import DataError

_JPEG_2000 = (".jp2",) if features.check("jpg_2000") else ()  # some builds of Pillow cannot decode it
SUFFIXES = (
    *(".jpg", ".jpeg", ".jfif", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"),
    *_JPEG_2000,
)
"""The suffixes of image files, in lower or upper case; other files are left out."""
TABLE = ".parquet"
"""The suffix of tables of images."""
NO_CLASSES = ("__MACOSX", "__pycache__")
"""Folders that programs create, which are ignored, as hidden folders are."""
_NAMED = 5  # how many suffixes a remark names
LeftOut = Counter[str]
"""How many files of each suffix are left out."""


def is_image(name: str) -> bool:
    """Return whether a file called `name` is read as an image."""
    return name.lower().endswith(SUFFIXES) and not is_hidden(name)


def has_tables(names: Iterable[str]) -> bool:
    """Return whether any of `names` is that of a parquet file."""
    return any(name.endswith(TABLE) for name in names)


def is_hidden(name: str) -> bool:
    """Return whether files and folders called `name` are left out without a word."""
    return name.startswith(".") or name in NO_CLASSES


def left_out(folder: Path, suffixes: LeftOut) -> str:
    """Return a remark on the files in and below `folder` that are left out; there must be some."""
    ranked = sorted(suffixes.items(), key=lambda one: (-one[1], one[0]))
    counts = [f"{count} {suffix}" for suffix, count in ranked[:_NAMED]]
    if others := sum(count for _, count in ranked[_NAMED:]):
        counts.append(f"{others} of other suffixes")
    return f"left out in {folder}: {', '.join(counts)} (image files are {', '.join(SUFFIXES)})"


def names_in(folder: Path) -> list[str]:
    """Return the names of everything in `folder`, sorted.

    Raises:
        DataError: `folder` cannot be read.
    """
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        raise _unreadable(folder, error) from None


def folders_in(folder: Path) -> list[Path]:
    """Return the folders in `folder` that are not hidden, and the links to such, by name.

    Raises:
        DataError: `folder` cannot be read.
    """
    return [folder / name for name in _listed(folder)[0]]


def loose_images(folder: Path) -> int:
    """Return how many images are directly in `folder`.

    Raises:
        DataError: `folder` cannot be read.
    """
    return sum(map(is_image, _listed(folder)[1]))


def images_below(folder: Path, suffixes: LeftOut) -> Iterator[tuple[Path, list[Path]]]:
    """Yield `folder` and the folders below it, each with its images, by name and outer folders first.

    Links to folders are followed, but not back to a folder that they are in, `folder` and those above it
    included. Files that are no images are counted in `suffixes`; hidden files and folders are ignored.

    Raises:
        DataError: a folder cannot be read.
    """
    yield from _images_below(folder, suffixes, frozenset(map(str, Path(os.path.realpath(folder)).parents)))


def _images_below(
    folder: Path, suffixes: LeftOut, above: frozenset[str]
) -> Iterator[tuple[Path, list[Path]]]:
    real = os.path.realpath(folder)
    if real in above:
        return
    folders, names = _listed(folder)
    suffixes.update(Path(name).suffix.lower() or "without a suffix" for name in names if not is_image(name))
    yield folder, [folder / name for name in names if is_image(name)]
    for name in folders:
        yield from _images_below(folder / name, suffixes, above | {real})


def _listed(folder: Path) -> tuple[list[str], list[str]]:
    """Return the names of the folders and of the files in `folder` that are not hidden, both sorted."""
    folders: list[str] = []
    files: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not is_hidden(entry.name):
                    # a link may lead nowhere, or to itself
                    inside = os.path.isdir(entry.path) if entry.is_symlink() else entry.is_dir()
                    (folders if inside else files).append(entry.name)
    except OSError as error:
        raise _unreadable(folder, error) from None
    return sorted(folders), sorted(files)


def _unreadable(folder: Path, error: OSError) -> DataError:
    return DataError(f"folder {str(folder)!r} cannot be read ({error.strerror}): check its rights")
