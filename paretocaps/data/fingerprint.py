"""Whether files are what they were."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path


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
