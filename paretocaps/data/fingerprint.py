"""Whether files are what they were."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypedDict

_READ, _BEGINNING = 256, 2**16  # files that are read into, evenly over all; bytes of each


def fingerprint(folder: Path, files: Iterable[Path]) -> str:
    """Return 64 hexadecimal digits that differ where the files' places, sizes or times of change do.

    Args:
        folder: counts with its whole path: uncompressed images are often of one size, and archives may
            give all files one time.
        files: below `folder`; their order counts.
    """
    digest = hashlib.sha256(os.fsencode(folder.resolve()))
    for file in files:
        try:
            status = file.stat()
            seen = (status.st_size, status.st_mtime_ns)
        except OSError:  # a broken link, say: reading it will tell
            seen = (-1, -1)
        digest.update(os.fsencode(file.relative_to(folder)) + b"\0%d\0%d\n" % seen)
    return digest.hexdigest()


class FolderContent(TypedDict):
    """What a folder holds: how many files, how many bytes in them, and a hash of them."""

    files: int
    bytes: int
    sha256: str


def folder_content(folder: Path) -> FolderContent:
    """Return what the files of `folder` and below are, so that other ones in their place are told from them.

    Unlike `fingerprint` it is the same wherever the folder lies and whenever it was copied: the hash is of
    all names and sizes, and of how up to 256 files begin. Hidden files do not count.
    """
    files = sorted(_visible(folder))
    sizes = [size for _, _, size in files]
    digest = hashlib.sha256()
    for name, _, size in files:
        digest.update(os.fsencode(name) + b"\0%d\n" % size)
    for _, path, _ in files[:: max(1, -(-len(files) // _READ))]:
        with suppress(OSError), path.open("rb") as stream:  # reading the images will tell
            digest.update(stream.read(_BEGINNING))
    return {"files": len(files), "bytes": sum(sizes), "sha256": digest.hexdigest()}


def _visible(folder: Path) -> Iterator[tuple[str, Path, int]]:
    """Yield each file that is not hidden: its name below `folder`, its path and its size in bytes."""
    seen = {os.path.realpath(folder)}
    for place, folders, names in os.walk(folder, followlinks=True):  # a class may be a link to a folder
        inside = {os.path.realpath(os.path.join(place, name)): name for name in folders if name[0] != "."}
        folders[:] = [name for real, name in inside.items() if real not in seen]  # links may go in a circle
        seen.update(inside)
        for name in names:
            path = Path(place, name)
            if name[0] != "." and path.is_file():
                yield path.relative_to(folder).as_posix(), path, path.stat().st_size
