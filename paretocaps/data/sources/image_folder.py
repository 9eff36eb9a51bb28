"""The reader of a folder with a sub-folder of images for each class."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import features

from paretocaps.data.encoded_images import EncodedData, EncodedPart
from paretocaps.data.fingerprint import fingerprint
from paretocaps.data.sources.class_names import one_form
from paretocaps.errors import DataError, did_you_mean

_JPEG_2000 = (".jp2",) if features.check("jpg_2000") else ()  # some builds of Pillow cannot decode it
SUFFIXES = (
    *(".jpg", ".jpeg", ".jfif", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"),
    *_JPEG_2000,
)
"""The suffixes of image files, in lower or upper case; other files are left out."""
NO_CLASSES = ("__MACOSX", "__pycache__")
"""Folders that programs create, which are ignored, as hidden folders are."""
_NAMED = 5  # how many suffixes a remark names
TRAIN = "train"
TESTS = ("test", "val", "valid", "validation")
"""The sub-folders that may contain the test part, in order of preference."""
Classes = Mapping[str, Sequence[Path]]
"""The images of each class by its name, which is in one Unicode form; names and images are sorted."""
LeftOut = Counter[str]
"""How many files of each suffix are left out."""


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
    return name.lower().endswith(SUFFIXES) and not is_hidden(name)


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


def suffix_of(name: str) -> str:
    """Return the suffix of a file that is left out, or words for a file without one."""
    return Path(name).suffix.lower() or "without a suffix"


def read(folder: Path) -> EncodedData:
    """Read FOLDER/class/image, or FOLDER/train/class/image and FOLDER/test/class/image.

    The classes are the sub-folders, sorted by name; images may be in deeper folders. If there is a folder
    `train` but no folder `test`, then `val`, `valid` or `validation` is used as the test part, with a remark;
    the validation images always come from the training part. Files whose suffix is not an image's (see
    `SUFFIXES`) are left out, with a remark; so are hidden files and folders and `NO_CLASSES`, without one.

    Args:
        folder: a folder with sub-folders.

    Raises:
        DataError: a class has no images, there is only one class, the test part has another class, two
            classes have one name in Unicode's composed form, or a folder cannot be read.
    """
    layout = _layout(folder)
    suffixes = LeftOut()
    classes = _classes(layout.train, suffixes)
    if len(classes) < 2:
        raise DataError(
            f"data folder {str(layout.train)!r} holds one class only ({next(iter(classes))!r}): give each"
            " class a sub-folder of its own, two or more"
        )
    test = _classes(layout.test, suffixes) if layout.test else {}
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
        remarks=layout.remarks + ((left_out(folder, suffixes),) if suffixes else ()),
    )


def _layout(folder: Path) -> _Layout:
    """Return whether the sub-folders are parts or classes (one of which may be called "train")."""
    by_name = {one.name.lower(): one for one in _folders(folder)}
    train = by_name.get(TRAIN)
    if train is None or not _folders(train):
        return _Layout(folder, None)
    loose = {one: count for name in (TRAIN, *TESTS) if (count := _loose(one := by_name.get(name)))}
    if train in loose and not by_name.keys() <= {TRAIN, *TESTS}:
        return _Layout(folder, None)  # a class called "train", with images in it and in deeper folders
    found = [by_name[name] for name in TESTS if name in by_name]
    remarks = [
        f"left out in {one}: {count} image{'s' * (count > 1)} in no class folder"
        for one, count in loose.items()
        if one in (train, *found[:1])
    ]
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


def _classes(folder: Path, suffixes: LeftOut) -> Classes:
    """Return the classes of `folder`, and count the files that are left out in `suffixes`."""
    classes: dict[str, Sequence[Path]] = {}
    for one in sorted(_folders(folder), key=lambda one: one_form(one.name)):
        name = one_form(one.name)
        if name in classes:
            raise DataError(
                f"folder {str(folder)!r} has two class folders called {name!r}, whose accents are encoded"
                " differently: move the images of both into one"
            )
        classes[name] = _images(one, suffixes)
        if not classes[name]:
            raise DataError(
                f"class folder {str(one)!r} holds no images ({', '.join(SUFFIXES)}): add some, or remove it"
            )
    if not classes:
        raise DataError(f"data folder {str(folder)!r} has no class folders: put each class's images into one")
    return classes


def _place(folder: Path | None, name: str) -> Path:
    return (folder or Path()) / name


def _folders(folder: Path) -> list[Path]:
    return sorted(one for one in _entries(folder) if one.is_dir())


def _loose(folder: Path | None) -> int:
    """Return how many images are directly in `folder`."""
    return sum(is_image(one.name) for one in _entries(folder) if one.is_file()) if folder else 0


def _entries(folder: Path) -> list[Path]:
    try:
        return [one for one in folder.iterdir() if not is_hidden(one.name)]
    except OSError as error:
        raise DataError(
            f"folder {str(folder)!r} cannot be read ({error.strerror}): check its rights"
        ) from None


def _images(folder: Path, suffixes: LeftOut) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise DataError(f"folder {error.filename!r} cannot be read ({error.strerror}): check its rights")

    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not is_hidden(name))
        suffixes.update(suffix_of(name) for name in names if not (is_image(name) or is_hidden(name)))
        found += [Path(place, name) for name in sorted(names) if is_image(name)]
    return found
