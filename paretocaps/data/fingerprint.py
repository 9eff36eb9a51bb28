"""Whether files are what they were."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path


def fingerprint(folder: Path, files: Iterable[Path]) -> str:
    """Return 64 hexadecimal digits that differ where the files' names, sizes or times of change do.

    Args:
        folder: names count from it, so that it may be moved as a whole.
        files: below `folder`; their order counts.
    """
    digest = hashlib.sha256()
    for file in files:
        try:
            status = file.stat()
            seen = (status.st_size, status.st_mtime_ns)
        except OSError:  # a broken link, say: reading it will tell
            seen = (-1, -1)
        digest.update(os.fsencode(file.relative_to(folder)) + b"\0%d\0%d\n" % seen)
    return digest.hexdigest()
