"""Fingerprints of files, by which changes are detected."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypedDict

_READ, _BEGINNING = 256, 2**16  # at most so many files, evenly spread, are read; bytes that are read of each


def fingerprint(folder: Path, files: Iterable[Path]) -> str:
    """Return 64 hexadecimal digits that change with the files' paths, sizes or modification times.

    Args:
        folder: the folder, whose whole path is included, because uncompressed images often have the same
            size, and archives may give all files the same time.
        files: files below `folder`; their order matters.
    """
    digest = hashlib.sha256(os.fsencode(folder.resolve()))
    for file in files:
        try:
            status = file.stat()
            seen = (status.st_size, status.st_mtime_ns)
        except OSError:  # a broken link, for example; reading it will raise the error
            seen = (-1, -1)
        digest.update(os.fsencode(file.relative_to(folder)) + b"\0%d\0%d\n" % seen)
    return digest.hexdigest()


class FolderContent(TypedDict):
    """The content of a folder: the number of its files, their bytes, and a hash of them."""

    files: int
    bytes: int
    sha256: str


def folder_content(folder: Path) -> FolderContent:
    """Return a description of the files in and below `folder`, by which other files are recognised.

    Unlike `fingerprint`, it does not depend on the path of the folder or the times of its files. The hash
    covers all names and sizes, and the first 64 KiB of up to 256 files. Hidden files are ignored.
    """
    files = sorted(_visible(folder))
    sizes = [size for _, _, size in files]
    digest = hashlib.sha256()
    for name, _, size in files:
        digest.update(os.fsencode(name) + b"\0%d\n" % size)
    for _, path, _ in files[:: max(1, -(-len(files) // _READ))]:
        with suppress(OSError), path.open("rb") as stream:  # reading the images will raise the error
            digest.update(stream.read(_BEGINNING))
    return {"files": len(files), "bytes": sum(sizes), "sha256": digest.hexdigest()}


def _visible(folder: Path) -> Iterator[tuple[str, Path, int]]:
    """Yield the relative name, the path and the size in bytes of each file that is not hidden."""
    seen = {os.path.realpath(folder)}
    for place, folders, names in os.walk(folder, followlinks=True):  # a class may be a link to a folder
        inside = {os.path.realpath(os.path.join(place, name)): name for name in folders if name[0] != "."}
        folders[:] = [name for real, name in inside.items() if real not in seen]  # links may form a circle
        seen.update(inside)
        for name in names:
            path = Path(place, name)
            if name[0] != "." and path.is_file():
                yield path.relative_to(folder).as_posix(), path, path.stat().st_size
