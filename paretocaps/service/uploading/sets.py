"""The named sets of images of a service: uploads, and the folders of its data root."""

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from paretocaps.errors import MissingError, UsageError, did_you_mean
from paretocaps.writing import PART

UPLOAD = "upload:"
"""What the name of an upload follows in the `data` of a study."""
ABOUT = ".upload.json"
"""The file in an upload's folder that tells about it; readers of images pass it over, as all hidden files."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True)
class NamedSet:
    """A set of images that a submitted study can name.

    Attributes:
        data: the `data` of a study that names it.
        kind: "upload", or "folder" for one of the data root.
        owner: the name of the token that uploaded it; empty for a folder.
        uploaded: when, in ISO 8601.
        files, bytes: how many files it has, and their size; None where they are not counted.
        told: lines on its classes, its parts, and how they are read.
        reading: how its images are read, as options of a study, such as {"channels": 3}.
    """

    data: str
    kind: Literal["upload", "folder"]
    owner: str = ""
    uploaded: str = ""
    files: int | None = None
    bytes: int | None = None
    told: tuple[str, ...] = ()
    reading: dict[str, Any] = field(default_factory=dict)


def uploads_folder(folder: Path) -> Path:
    """Return the folder of the uploads in a service's folder."""
    return folder / "uploads"


def check_name(name: str) -> str:
    """Return the name of an upload if it is allowed.

    Raises:
        UsageError: it is not.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"name={name!r:.80} is not allowed: give up to 64 small letters, digits, - and _, the first of"
            " them a letter or a digit"
        )
    return name


def data_sets(folder: Path, root: Path | None) -> list[NamedSet]:
    """Return the uploads, by name, and then the folders of the data root.

    Args:
        folder: the service's folder.
        root: its data root; None for none.
    """
    return [*_uploads(uploads_folder(folder)), *_folders(root)]


def find_upload(folder: Path, name: str) -> NamedSet:
    """Return an upload.

    Raises:
        MissingError: there is none of that name.
    """
    place = uploads_folder(folder) / name
    if not _NAME.fullmatch(name) or not place.is_dir():
        known = [one.data.removeprefix(UPLOAD) for one in _uploads(uploads_folder(folder))]
        raise MissingError(
            f"no upload is called {name!r:.80}{did_you_mean(name, known)} (known:"
            f" {', '.join(known) or 'none'})"
        )
    return _about(place)


def remove_upload(folder: Path, name: str) -> None:
    """Remove an upload; studies that were trained on it keep their results.

    Raises:
        MissingError: there is none of that name.
    """
    find_upload(folder, name)
    place = uploads_folder(folder) / name
    aside = place.with_name(f"{name}.{secrets.token_hex(4)}{PART}")
    place.rename(aside)  # nobody finds a part of it
    shutil.rmtree(aside)


def write_about(place: Path, about: NamedSet) -> None:
    """Write the file that tells about the upload in the folder `place`."""
    (place / ABOUT).write_text(json.dumps(asdict(about)), encoding="utf-8")


def _uploads(place: Path) -> Iterator[NamedSet]:
    if place.is_dir():
        for one in sorted(place.iterdir()):
            if _NAME.fullmatch(one.name) and one.is_dir():
                yield _about(one)


def _about(place: Path) -> NamedSet:
    try:
        known = json.loads((place / ABOUT).read_text(encoding="utf-8"))
        return NamedSet(**known | {"told": tuple(known["told"])})
    except (OSError, ValueError, TypeError, KeyError):  # somebody put the folder there by hand
        return NamedSet(f"{UPLOAD}{place.name}", "upload")


def _folders(root: Path | None) -> Iterator[NamedSet]:
    if root is not None and root.is_dir():
        with os.scandir(root) as entries:
            names = sorted(one.name for one in entries if one.is_dir(follow_symlinks=False))
        yield from (NamedSet(name, "folder") for name in names if not name.startswith("."))
