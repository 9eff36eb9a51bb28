"""Whether the sub-folders of a data folder are classes, or parts that have the classes' folders."""

import shlex
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from paretocaps.data.sources.class_names import one_form
from paretocaps.data.sources.image_files import folders_in, loose_images
from paretocaps.data.sources.part_names import PartName, part_name
from paretocaps.domain.layout import Parts
from paretocaps.domain.wording import listed
from paretocaps.errors import DataError, did_you_mean

_TESTS = ("test", "validation")  # the roles that can give the test part, in order of preference
_NAMES_OF_0_1 = ("train", "test", "val", "valid", "validation")  # others were classes in version 0.1
_AS_CLASSES = "or read all sub-folders as classes with --classes-are-folders"


@dataclass(frozen=True)
class PartFolders:
    """The folders whose sub-folders are the classes, with remarks on how they were found.

    Without a test or a validation part, its images are to be taken from the training part. `anew` is that of
    `paretocaps.data.raw.RawData`.
    """

    train: Path
    test: Path | None = None
    validation: Path | None = None
    remarks: tuple[str, ...] = ()
    anew: tuple[str, ...] = ()

    @property
    def all(self) -> Sequence[Path]:
        """The folders of all parts that there are."""
        return [folder for folder in (self.train, self.test, self.validation) if folder is not None]


def named_parts(folder: Path, parts: Parts) -> PartFolders:
    """Return the sub-folders of `folder` that the user named as its parts.

    Raises:
        DataError: there is no such sub-folder, or it is in a class folder of another part.
    """
    train, test, validation = (
        None if place is None else _named(folder, place)
        for place in (parts.train, parts.test, parts.validation)
    )
    assert train is not None
    found = PartFolders(train, test, validation)
    for place in found.all:
        if any(other in place.parents and other != place.parent for other in found.all):
            raise DataError(f"parts: {str(place)!r} is in a class folder of another part: move it out")
    return found


def all_classes(folder: Path) -> PartFolders:
    """Return `folder`, all whose sub-folders the user calls classes."""
    deeper = [top.name.lower() for top in folders_in(folder) if folders_in(top) and not loose_images(top)]
    anew = ("all sub-folders are read as classes",) if _NAMES_OF_0_1[0] in deeper else ()
    return PartFolders(folder, anew=anew)


def found_parts(folder: Path) -> PartFolders:
    """Return the parts of `folder` that the names of its sub-folders tell, or itself if these are classes.

    A sub-folder looks like a part if its name means one (train, TEST, train_set, evals), or if another name
    is the same but for the part (seg_train, seg_test). A sub-folder `train` next to others that do not look
    like parts is a class if it has images of its own and no folders as a part has them, two or more.

    Raises:
        DataError: sub-folders look like parts, but not which of them are the training and the test part, or
            `train` may be a part and a class.
    """
    tops = folders_in(folder)
    parts = _like_parts(tops)
    if not parts:
        return PartFolders(folder, remarks=_alike(folder, tops))
    if len(parts) == 1 and len(tops) > 1 and _is_class(*parts):
        return PartFolders(folder)
    train = _training(folder, parts)
    test = _test(folder, parts)
    used = [one for one in (train, test) if one is not None]
    found = PartFolders(_inner(train), test and _inner(test))
    remarks = []
    if test is not None and parts[test].role != _TESTS[0]:
        remarks.append(f"{test} is the test part: there is no folder 'test' next to {train.name!r}")
    unused = [one.name for one in tops if one not in used]
    if unused:
        remarks.append(
            f"not used in {folder}: {', '.join(unused)} (validation images are taken from {train.name!r})"
        )
    plain = [one for one in tops if one.name.lower() in _NAMES_OF_0_1]
    were_classes = loose_images(train) > 0
    as_before = all(one in plain for one in found.all) and not were_classes
    anew = () if as_before else (f"{_names(used)} are read as parts of the data",)
    return replace(found, remarks=tuple(remarks), anew=anew)


def _named(folder: Path, place: str) -> Path:
    found = folder / place
    if not found.is_dir():
        known = [one.name for one in folders_in(folder)]
        raise DataError(
            f"parts: {place!r} is no sub-folder of {str(folder)!r}{did_you_mean(place, known)}"
            f" (sub-folders: {', '.join(known) or 'none'})"
        )
    return _inner(found)


def _inner(part: Path) -> Path:
    """Return the only sub-folder of `part` if it has the part's name, as seg_train/seg_train, or `part`."""
    inside = folders_in(part)
    again = len(inside) == 1 and one_form(inside[0].name).lower() == one_form(part.name).lower()
    return inside[0] if again and not loose_images(part) else part


def _like_parts(tops: Sequence[Path]) -> Mapping[Path, PartName]:
    """Return the folders among `tops` that look like parts, with what their names tell."""
    named = {top: name for top in tops if (name := part_name(top.name)) is not None}
    roles = defaultdict(set)
    for name in named.values():
        roles[name.rest].add(name.role)
    return {top: name for top, name in named.items() if not name.rest or len(roles[name.rest]) > 1}


def _is_class(top: Path) -> bool:
    """Return whether the folder, which alone looks like a part, is a class of trains.

    Raises:
        DataError: it has images of its own, as a class has, and several folders, as a part has.
    """
    if top.name.lower() != "train":
        return False
    inside, loose = folders_in(top), loose_images(top)
    if loose and len(inside) > 1:
        raise DataError(
            f"{str(top)!r} may be the training part, by its folders ({listed([one.name for one in inside])}),"
            f" or a class, by its {loose} image{'s' * (loose > 1)} in none of them: name it with --parts"
            f" train={top.name}, {_AS_CLASSES}"
        )
    return loose > 0 or not inside


def _training(folder: Path, parts: Mapping[Path, PartName]) -> Path:
    trains = _plainest([top for top, name in parts.items() if name.role == "train"])
    if not trains:
        raise DataError(
            f"{str(folder)!r} has sub-folders that look like parts ({_names(parts)}), but none of training:"
            f" name it with --parts train=FOLDER (. for those that are no parts), {_AS_CLASSES}"
        )
    if len(trains) > 1:
        raise DataError(
            f"{_names(trains)} in {str(folder)!r} each look like the training part: name it with"
            f" --parts {shlex.quote('train=' + trains[0].name)}, {_AS_CLASSES}"
        )
    if not folders_in(trains[0]):
        raise DataError(
            f"{str(trains[0])!r} looks like the training part, but has no class folders: put each class's"
            f" images into one, {_AS_CLASSES}"
        )
    return trains[0]


def _test(folder: Path, parts: Mapping[Path, PartName]) -> Path | None:
    for role in _TESTS:
        found = _plainest([top for top, name in parts.items() if name.role == role])
        if len(found) > 1:
            raise DataError(
                f"{_names(found)} in {str(folder)!r} each look like the test part: name it with"
                f" --parts {shlex.quote('train=...,test=' + found[0].name)}, {_AS_CLASSES}"
            )
        if found:
            return found[0]
    return None


def _plainest(alike: Sequence[Path]) -> Sequence[Path]:
    """Return the first of the folders that are `alike` in the order of `_NAMES_OF_0_1`, or all of them."""
    by_name = [[one for one in alike if one.name.lower() == name] for name in _NAMES_OF_0_1]
    return next(filter(None, by_name), alike)


def _names(folders: Iterable[Path]) -> str:
    return listed([one.name for one in folders])


def _alike(folder: Path, tops: Collection[Path]) -> tuple[str, ...]:
    """Return a remark on classes that have the same sub-folders, as parts would have them."""
    inside = {top: {one_form(one.name) for one in folders_in(top)} for top in tops}
    counts = Counter(name for names in inside.values() for name in names)
    shared = sorted(name for name, count in counts.items() if count > 1)
    alike = [top.name for top, names in inside.items() if len(names.intersection(shared)) > 1]
    if len(alike) < 2:
        return ()
    return (
        f"{listed(alike)} in {folder} are classes although they have the same sub-folders ({listed(shared)}):"
        f" if they are parts, name them with --parts {shlex.quote(f'train={alike[0]},test={alike[1]}')}",
    )
