"""A database that is opened for one call, or that the caller keeps open."""

from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike, fspath
from typing import TYPE_CHECKING, TypeAlias, Union

if TYPE_CHECKING:
    from paretocaps.storage.store import Store

Storage: TypeAlias = Union[str, PathLike[str], "Store"]
"""The path of an SQLite file, a database URL, or an open store, which costs less to ask often."""


@contextmanager
def opened(storage: Storage, *, create: bool = False) -> "Iterator[Store]":
    """Give the store inside a `with` block; what is opened here is closed here.

    Raises:
        StorageError: there is no such database, and `create` is not set, or it cannot be used.
    """
    from paretocaps.storage.store import Store

    if isinstance(storage, Store):
        yield storage
        return
    with Store.open(fspath(storage), create=create) as store:
        yield store
