"""The reader of a folder with a sub-folder of images for each class."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np

from paretocaps.data.encoded_images import EncodedData, EncodedPart
from paretocaps.data.fingerprint import fingerprint
from paretocaps.data.sources.class_names import nearest_class, one_form
from paretocaps.data.sources.image_files import (
    SUFFIXES,
    LeftOut,
    folders_in,
    images_below,
    left_out,
    loose_images,
)
from paretocaps.data.sources.part_folders import PartFolders, all_classes, found_parts, named_parts
from paretocaps.domain.layout import Layout
from paretocaps.domain.wording import be, counted
from paretocaps.errors import DataError, did_you_mean

Classes = Mapping[str, Sequence[Path]]
"""The images of each class by its name, which is in one Unicode form; the names are sorted."""
_NOT_IN_0_1 = (".jfif", ".ppm", ".pgm", ".jp2")  # suffixes of images that version 0.1 left out


@dataclass
class _Seen:
    """What is to be told: counts of left-out files by suffix, of images by the class folder that they are in
    and the class that they are of, where these differ, of images in linked folders of a class, and of those
    that version 0.1 left out because of their suffix or of a folder whose name begins with __."""

    suffixes: LeftOut = field(default_factory=LeftOut)
    moved: Counter[tuple[Path, str]] = field(default_factory=Counter)
    linked: int = 0
    unread: int = 0

    def remarks(self, folder: Path) -> Iterator[str]:
        for (top, name), count in self.moved.items():
            many = counted(count, "image")
            yield f"{many} in {top} {be(count)} of class {name!r}, which a nearer folder names"
        if self.suffixes:
            yield left_out(folder, self.suffixes)

    def anew(self) -> Iterator[str]:
        if self.linked:
            yield f"{counted(self.linked, 'image')} in linked folders {be(self.linked)} read"
        if self.unread:
            of_which = "of further suffixes or in folders whose names begin with __"
            yield f"{counted(self.unread, 'image')} {of_which} {be(self.unread)} read"
        if moved := self.moved.total():
            yield f"{counted(moved, 'image')} {be(moved)} of the nearest folder that names a class"


def known(folder: Path) -> bool:
    """Return whether `folder` has sub-folders, which could be classes."""
    return bool(folders_in(folder))


def read(folder: Path, layout: Layout) -> EncodedData:
    """Read FOLDER/class/image, or FOLDER/train/class/image and FOLDER/test/class/image.

    Which sub-folders are parts is told by `layout`, or else found by their names (see `found_parts`). The
    classes are the sub-folders of the training part, sorted by name. Images may be in deeper folders; their
    class is the nearest folder above them that is called as one. Files whose suffix is not an image's (see
    `SUFFIXES`) are left out, with a remark; so are hidden files and folders and `NO_CLASSES`, without one.

    Args:
        folder: a folder with sub-folders.
        layout: what the user says about the folder.

    Raises:
        DataError: a class has no images, there is only one class, another part has another class, two classes
            have one name in Unicode's composed form, it cannot be told which sub-folders are parts, or a
            folder cannot be read.
    """
    parts, seen = _parts(folder, layout), _Seen()
    train = _classes(parts.train, parts.all, seen)
    if len(train) < 2:
        raise DataError(_one_class(parts.train, *train))
    others = {place: _classes(place, parts.all, seen, parts.train, train) for place in parts.all[1:]}
    found = {parts.train: train, **others}
    names = tuple(train)

    def part(place: Path | None) -> EncodedPart | None:
        return None if place is None else _part(folder, place, found[place], names)

    return EncodedData(
        train=_part(folder, parts.train, train, names),
        test=part(parts.test),
        validation=part(parts.validation),
        name=folder.name,
        fingerprint=fingerprint(folder, chain.from_iterable(map(_files, found.values()))),
        classes=len(names),
        class_names=names,
        remarks=(*_loose(folder, parts), *parts.remarks, *seen.remarks(folder)),
        anew=(*parts.anew, *seen.anew()),
    )


def _parts(folder: Path, layout: Layout) -> PartFolders:
    if layout.parts is not None:
        return named_parts(folder, layout.parts)
    return all_classes(folder) if layout.classes_are_folders else found_parts(folder)


def _loose(folder: Path, parts: PartFolders) -> Iterator[str]:
    """Yield a remark for the data folder, and for each part of it, that has images in no class folder."""
    for place in dict.fromkeys((folder, *parts.all)):
        if count := loose_images(place):
            yield f"left out in {place}: {counted(count, 'image')} in no class folder"


def _one_class(folder: Path, name: str) -> str:
    deeper = [top for top in folders_in(folder) if one_form(top.name) == name and folders_in(top)]
    instead = f", or name {str(deeper[0])!r} if its sub-folders are the classes or parts" if deeper else ""
    return (
        f"data folder {str(folder)!r} holds one class only ({name!r}): give each class a sub-folder of its"
        f" own, two or more{instead}"
    )


def _part(folder: Path, place: Path, classes: Classes, names: Sequence[str]) -> EncodedPart:
    files = _files(classes)
    number = {name: label for label, name in enumerate(names)}
    counts = [len(images) for images in classes.values()]
    labels = np.repeat(np.array([number[name] for name in classes], np.int64), counts)
    where = "" if place == folder else f"{place.relative_to(folder).as_posix()}/"
    return EncodedPart(labels, str(place), lambda: iter(files), lambda row: str(files[row]), where)


def _files(classes: Classes) -> Sequence[Path]:
    return list(chain.from_iterable(classes.values()))


def _classes(
    place: Path, parts: Collection[Path], seen: _Seen, train: Path | None = None, known: Classes | None = None
) -> Classes:
    """Return the classes of the part `place`.

    Args:
        place: the folder of the part.
        parts: the folders of all parts, which are no classes.
        seen: is told what the user should know.
        train, known: the training part and its classes, which another part must have.
    """
    tops = _class_folders(place, parts)
    unknown = [name for name in tops if known is not None and name not in known]
    if unknown:
        raise DataError(
            f"class folder {str(tops[unknown[0]])!r} has no counterpart in {str(train)!r}"
            f"{did_you_mean(unknown[0], known or ())}: give all parts the same classes, or name other parts"
            " with --parts"
        )
    classes: dict[str, list[Path]] = {name: [] for name in tops}
    links: set[Path] = set()
    for name, top in tops.items():
        for deeper, images in images_below(top, seen.suffixes):
            if deeper != top and (deeper.parent in links or deeper.is_symlink()):
                links.add(deeper)
                seen.linked += len(images)
            hidden = any(part.startswith("__") for part in (name, *deeper.relative_to(top).parts))
            seen.unread += sum(hidden or one.name.lower().endswith(_NOT_IN_0_1) for one in images)
            of = nearest_class((name, *deeper.relative_to(top).parts), known or tops) or name
            classes.setdefault(of, []).extend(images)
            if of != name and images:
                seen.moved[top, of] += len(images)
    for name, top in tops.items():
        if not classes[name]:
            raise DataError(
                f"class folder {str(top)!r} holds no images ({', '.join(SUFFIXES)}): add some, or remove it"
            )
    return dict(sorted(classes.items()))


def _class_folders(place: Path, parts: Collection[Path]) -> Mapping[str, Path]:
    """Return the class folders of the part `place` by name, in one Unicode form and sorted."""
    tops: dict[str, Path] = {}
    for top in sorted(folders_in(place), key=lambda top: one_form(top.name)):
        name = one_form(top.name)
        if any("\ud800" <= letter <= "\udfff" for letter in name):
            raise DataError(f"class folder {str(top)!r} has a name that is no UTF-8 text: rename it")
        if name in tops:
            raise DataError(
                f"folder {str(place)!r} has two class folders called {name!r}, whose accents are encoded"
                " differently: move the images of both into one"
            )
        if top not in parts:
            tops[name] = top
    if not tops:
        raise DataError(
            f"data folder {str(place)!r} has no class folders: put each class's images into one, or name"
            " other parts with --parts"
        )
    return tops
