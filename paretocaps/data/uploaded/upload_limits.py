"""What an upload of images may take: of the disk, of memory and of time."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from paretocaps.errors import TooLargeError


@dataclass(frozen=True, kw_only=True)
class UploadLimits:
    """What one upload may take.

    Attributes:
        size: bytes of the upload itself.
        unpacked: bytes of the files in it.
        inflation: how many times its own size the files in it may have.
        always: bytes that they may have however small the upload is.
        files: how many files and folders it may have, and how many rows of tables.
        pixels: pixels of one image.
        memory: bytes of memory that unpacking and checking it may take.
        seconds: how long that may take.
        spare: bytes of the disk that must stay free.
    """

    size: int = 2 * 10**9
    unpacked: int = 10**10
    inflation: int = 100
    always: int = 64 * 2**20
    files: int = 200_000
    pixels: int = 50_000_000
    memory: int = 4 * 2**30
    seconds: float = 1800.0
    spare: int = 10**9

    def unpacked_of(self, size: int) -> int:
        """Return how many bytes an upload of `size` bytes may unpack to."""
        return min(self.unpacked, max(self.inflation * size, self.always))


_LOOK = 64 * 2**20
"""After so many bytes it is seen whether the disk has room for more."""


class Room:
    """What is left for the files of one upload while it is unpacked."""

    def __init__(self, limits: UploadLimits, size: int, folder: Path) -> None:
        self._limits, self._folder, self._looked_at = limits, folder, 0
        self.bytes_left = limits.unpacked_of(size)
        self.files_left = limits.files

    def add_file(self) -> None:
        """Count a file, a folder or any other entry.

        Raises:
            TooLargeError: there are too many.
        """
        self.files_left -= 1
        if self.files_left < 0:
            raise TooLargeError(
                f"the upload has more than {self._limits.files:,} files: send fewer, or as parquet files"
            )

    def add_bytes(self, count: int) -> None:
        """Count bytes of unpacked files.

        Raises:
            TooLargeError: there are too many, or the disk has no room for them.
        """
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise TooLargeError(
                f"the upload unpacks to more than {self._limits.inflation} times its size, or to more than"
                f" {self._limits.unpacked / 1e9:g} GB: send fewer or smaller images"
            )
        self._looked_at += count
        if self._looked_at >= _LOOK:
            self._looked_at = 0
            if shutil.disk_usage(self._folder).free < self._limits.spare:
                raise TooLargeError(
                    "the service's disk has no room for what the upload unpacks to: send less"
                )
