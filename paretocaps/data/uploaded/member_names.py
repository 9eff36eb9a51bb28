"""Where a file of an archive may be unpacked."""

import unicodedata
from pathlib import PurePosixPath

from paretocaps.data.sources.image_files import is_hidden
from paretocaps.errors import DataError

_DEEPEST = 8  # folders above a file
_LONGEST = 255  # bytes of one name on common file systems
_NOT_IN_NAMES = ("Cc", "Cs")  # control characters, and bytes that are no UTF-8


def member_path(name: str) -> PurePosixPath | None:
    """Return the path of an archive's file below the folder that it is unpacked to.

    It is None for what is left out of data sets without a word: hidden files and what programs create.

    Raises:
        DataError: the name leads out of the folder, or no file can be called so.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        raise DataError(
            f"the upload has the file {shown(name)}, whose path leads out of it: pack its folder with"
            " relative paths"
        )
    if any(unicodedata.category(letter) in _NOT_IN_NAMES for letter in name):
        raise DataError(
            f"the upload has the file {shown(name)}, whose name has characters that are no text: rename it"
        )
    if len(path.parts) > _DEEPEST + 1 or any(len(part.encode()) > _LONGEST for part in path.parts):
        raise DataError(
            f"the upload has the file {shown(name)}, whose path is too long: names have {_LONGEST} bytes at"
            f" most, and files {_DEEPEST} folders above them"
        )
    return None if any(map(is_hidden, path.parts)) or not path.parts else path


def shown(name: str) -> str:
    """Return a file's name for a message, in ASCII and shortened."""
    return ascii(name if len(name) <= 80 else f"{name[:77]}...")
