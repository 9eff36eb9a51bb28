"""The data sets of the papers as they were published, so that a figure says which part of one it is of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from paretocaps.errors import UsageError


@dataclass(frozen=True)
class WholeSet:
    """A published data set.

    Attributes:
        title: its name in texts.
        train, test: the number of its training and of its test images.
        shape: channels, height and width of an image.
        classes: how many classes it has.
        test_part: what its test part is called, where that is not "test".
    """

    title: str
    train: int
    test: int
    shape: tuple[int, int, int]
    classes: int = 10
    test_part: str = "test"


WHOLE_SETS: Mapping[str, WholeSet] = MappingProxyType(
    {
        "mnist": WholeSet("MNIST", 60_000, 10_000, (1, 28, 28)),
        "fashion-mnist": WholeSet("Fashion-MNIST", 60_000, 10_000, (1, 28, 28)),
        "svhn": WholeSet("SVHN", 73_257, 26_032, (3, 32, 32)),
        "cifar10": WholeSet("CIFAR-10", 50_000, 10_000, (3, 32, 32)),
        "cifar100": WholeSet("CIFAR-100", 50_000, 10_000, (3, 32, 32), 100),
        "tiny-imagenet": WholeSet("Tiny ImageNet", 100_000, 10_000, (3, 64, 64), 200, "validation"),
    }
)
"""By the names of the catalog (`catalog.DATASETS`)."""


def named_sub_folder(folder: Path, dataset: str) -> Path | None:
    """Return the first sub-folder that is named after a data set; None without one."""
    return next(
        (one for one in sorted(folder.glob("*")) if one.is_dir() and is_named_after(one, dataset)), None
    )


def folder_of_set(folder: Path, dataset: str) -> Path:
    """Return the sub-folder that has a data set of the catalog, or `folder` itself where none is named so.

    A sub-folder's name begins with that of the data set, whatever dashes either has: `cifar10-jpeg` has
    cifar10, `cifar-100` has cifar100, `tiny-imagenet-200` has tiny-imagenet.

    Raises:
        UsageError: `folder`, or a sub-folder where none is named so, is named after another of the sets.
    """
    if found := named_sub_folder(folder, dataset):
        return found
    inner = [one for one in folder.glob("*") if one.is_dir()]
    others = {
        other for one in (folder.resolve(), *inner) for other in WHOLE_SETS if is_named_after(one, other)
    }
    if others and not is_named_after(folder.resolve(), dataset):
        raise UsageError(
            f"data folder {str(folder)!r} has {' and '.join(sorted(others))}, and no sub-folder {dataset}:"
            f" name the folder with {dataset}"
        )
    return folder


def is_named_after(folder: Path, dataset: str) -> bool:
    """Return whether a folder is named after a data set, whatever dashes and endings its name has."""
    name, wanted = (re.sub(r"[^a-z0-9]", "", one.lower()) for one in (folder.name, dataset))
    longer = wanted[-1].isdigit() and name[len(wanted) :][:1].isdigit()  # cifar100 is not cifar10
    return name.startswith(wanted) and not longer
