"""Which folder the data of a submitted study are in: never one outside the places for data."""

import os
from pathlib import Path, PurePosixPath

from paretocaps.errors import DataError
from paretocaps.service.uploading.sets import UPLOAD, find_upload, uploads_folder


def data_path(root: Path | None, given: str, folder: Path) -> Path:
    """Return the folder that the `data` of a submitted study names.

    Args:
        root: the folder below which the data lie that studies may name; None for none.
        given: a folder relative to `root`, or upload:NAME.
        folder: the service's folder, which has the uploads.

    Raises:
        MissingError: there is no such upload.
        DataError: the folder is outside `root`, as itself or by a link in it, or does not exist.
    """
    if given.startswith(UPLOAD):
        name = given.removeprefix(UPLOAD)
        find_upload(folder, name)
        return (uploads_folder(folder) / name).resolve()
    if root is None:
        raise DataError(
            f"data={given!r:.200} is not allowed: this service has no data root; upload the images, and name"
            f" them {UPLOAD}NAME"
        )
    path = PurePosixPath(given)
    if "\0" in given or path.is_absolute() or ".." in path.parts or given.startswith("~"):
        raise _outside(given)
    inside = Path(os.path.realpath(root))
    found = Path(os.path.realpath(inside / path))
    if not found.is_relative_to(inside):
        raise _outside(given)
    if not os.path.isdir(found):  # a name that is too long is no folder either
        raise DataError(
            f"data={given!r:.200} is no folder of the data root: name one that `GET /api/v1/data` lists, or"
            f" one in it"
        )
    _refuse_leaving_links(found, inside, given)
    return found


def _refuse_leaving_links(found: Path, inside: Path, given: str) -> None:
    """Refuse a folder with links, anywhere in it, that lead out of the data root: reading would follow."""
    seen: set[str] = set()
    for place, folders, files in os.walk(found, followlinks=True):
        for name in (*folders, *files):
            path = os.path.join(place, name)
            if os.path.islink(path) and not Path(os.path.realpath(path)).is_relative_to(inside):
                raise DataError(
                    f"data={given!r:.200} has the link {os.path.relpath(path, found)!r}, which leads out of"
                    " the data root: put a copy in its place"
                )
        deeper = {name: os.path.realpath(os.path.join(place, name)) for name in folders}
        folders[:] = [name for name, real in deeper.items() if real not in seen]  # links may form a circle
        seen.update(deeper.values())


def _outside(given: str) -> DataError:
    return DataError(
        f"data={given!r:.200} is not in the data root: name a folder relative to it, or {UPLOAD}NAME"
    )
