"""Class names of several files or folders, which are the same class if they are the same text."""

import unicodedata
from collections.abc import Container, Sequence

import numpy as np

from paretocaps.data.raw import Labels
from paretocaps.errors import DataError, did_you_mean


def one_form(name: str) -> str:
    """Return `name` in Unicode's composed form (NFC): "e" with a separate accent becomes one letter."""
    return unicodedata.normalize("NFC", name)


def nearest_class(folders: Sequence[str], classes: Container[str]) -> str | None:
    """Return the name of the last of the nested `folders`, outer ones first, that is called as a class.

    Names are compared in one Unicode form, in which `classes` must be and the result is; None if none is.
    """
    return next((name for folder in reversed(folders) if (name := one_form(folder)) in classes), None)


def numbers_by_name(own: Sequence[str], known: Sequence[str], origin: str, first: str) -> Labels:
    """Return the label in `known` of each class in `own`, int64 [classes in `own`].

    Args:
        own: the names that a file declares, in the order of its labels.
        known: the names that the training part declares.
        origin: the file, for error messages.
        first: the file that declares `known`, for error messages.

    Raises:
        DataError: `own` has a class that `known` has not, or the orders differ and a name is there twice.
    """
    names, of_training = ([one_form(name) for name in some] for some in (own, known))
    if names == of_training:
        return np.arange(len(names))
    for some, file in ((names, origin), (of_training, first)):
        twice = next((name for name in some if some.count(name) > 1), None)
        if twice is not None:
            raise DataError(
                f"{file}: declares class {twice!r} twice, and {origin} and {first} declare other orders: give"
                " each class a name of its own"
            )
    number = {name: label for label, name in enumerate(of_training)}
    for name in names:
        if name not in number:
            raise DataError(
                f"{origin}: declares class {name!r}, which {first} does not{did_you_mean(name, of_training)}:"
                " declare the same classes in all files"
            )
    return np.array([number[name] for name in names], np.int64)
