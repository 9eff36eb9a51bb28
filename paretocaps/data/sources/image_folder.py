"""The reader of a folder with a sub-folder of images for each class."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from paretocaps.data.encoded_images import EncodedData, EncodedPart
from paretocaps.data.fingerprint import fingerprint
from paretocaps.errors import DataError, did_you_mean

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff")
"""The suffixes of image files, in lower or upper case; other files are ignored."""
TRAIN = "train"
TESTS = ("test", "val", "valid", "validation")
"""The sub-folders that may contain the test part, in order of preference."""
Classes = Mapping[str, Sequence[Path]]
"""The images of each class by its name; names and images are sorted."""


@dataclass(frozen=True)
class _Layout:
    train: Path
    test: Path | None
    remarks: tuple[str, ...] = ()


def known(folder: Path) -> bool:
    """Return whether `folder` has sub-folders, which could be classes."""
    return bool(_folders(folder))


def is_image(name: str) -> bool:
    """Return whether a file called `name` is read as an image."""
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")


def read(folder: Path) -> EncodedData:
    """Read FOLDER/class/image, or FOLDER/train/class/image and FOLDER/test/class/image.

    The classes are the sub-folders, sorted by name; images may be in deeper folders. If there is a folder
    `train` but no folder `test`, then `val`, `valid` or `validation` is used as the test part, with a remark;
    the validation images always come from the training part. Hidden files and folders are ignored, as are
    files whose suffix is not an image's (see `SUFFIXES`).

    Args:
        folder: a folder with sub-folders.

    Raises:
        DataError: a class has no images, there is only one class, the test part has another class, or a
            folder cannot be read.
    """
    layout = _layout(folder)
    classes = _classes(layout.train)
    if len(classes) < 2:
        raise DataError(
            f"data folder {str(layout.train)!r} holds one class only ({next(iter(classes))!r}): give each"
            " class a sub-folder of its own, two or more"
        )
    test = _classes(layout.test) if layout.test else {}
    for name in test:
        if name not in classes:
            raise DataError(
                f"class folder {str(_place(layout.test, name))!r} has no counterpart in {str(layout.train)!r}"
                f"{did_you_mean(name, classes)}: give both parts the same classes"
            )
    names = tuple(classes)
    return EncodedData(
        train=_part(layout.train, classes, names),
        test=_part(layout.test, test, names) if layout.test else None,
        name=folder.name,
        fingerprint=fingerprint(folder, chain(*classes.values(), *test.values())),
        classes=len(names),
        class_names=names,
        remarks=layout.remarks,
    )


def _layout(folder: Path) -> _Layout:
    """Return whether the sub-folders are parts or classes (one of which may be called "train")."""
    by_name = {one.name.lower(): one for one in _folders(folder)}
    train = by_name.get(TRAIN)
    if train is None or not _folders(train) or _holds_images(train):
        return _Layout(folder, None)
    found = [by_name[name] for name in TESTS if name in by_name]
    remarks = []
    if found and found[0].name.lower() != TESTS[0]:
        remarks.append(f"{found[0]} is the test part: there is no folder {TESTS[0]!r} next to {train.name!r}")
    unused = [one.name for one in by_name.values() if one != train and one not in found[:1]]
    if unused:
        remarks.append(
            f"not used in {folder}: {', '.join(unused)} (validation images are taken from {train.name!r})"
        )
    return _Layout(train, found[0] if found else None, tuple(remarks))


def _part(folder: Path, classes: Classes, names: Sequence[str]) -> EncodedPart:
    files = list(chain(*classes.values()))
    number = {name: label for label, name in enumerate(names)}
    counts = [len(images) for images in classes.values()]
    labels = np.repeat(np.array([number[name] for name in classes], np.int64), counts)
    return EncodedPart(labels, str(folder), lambda: iter(files), lambda row: str(files[row]))


def _classes(folder: Path) -> Classes:
    classes = {one.name: _images(one) for one in _folders(folder)}
    for name, images in classes.items():
        if not images:
            raise DataError(
                f"class folder {str(_place(folder, name))!r} holds no images ({', '.join(SUFFIXES)}): add"
                " some, or remove it"
            )
    if not classes:
        raise DataError(f"data folder {str(folder)!r} has no class folders: put each class's images into one")
    return classes


def _place(folder: Path | None, name: str) -> Path:
    return (folder or Path()) / name


def _folders(folder: Path) -> list[Path]:
    return sorted(one for one in _entries(folder) if one.is_dir())


def _holds_images(folder: Path) -> bool:
    return any(is_image(one.name) for one in _entries(folder) if one.is_file())


def _entries(folder: Path) -> list[Path]:
    try:
        return [one for one in folder.iterdir() if not one.name.startswith((".", "__"))]
    except OSError as error:
        raise DataError(
            f"folder {str(folder)!r} cannot be read ({error.strerror}): check its rights"
        ) from None


def _images(folder: Path) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise DataError(f"folder {error.filename!r} cannot be read ({error.strerror}): check its rights")

    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(place, name) for name in sorted(names) if is_image(name)]
    return found
