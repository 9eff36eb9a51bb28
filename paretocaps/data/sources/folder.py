"""The reader of a local folder, which chooses a format by the files in it."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from paretocaps.data.encoded_images import EncodedData
from paretocaps.data.raw import RawData
from paretocaps.data.sources import idx, image_folder
from paretocaps.data.sources.image_files import folders_in, has_tables, is_image, names_in
from paretocaps.data.sources.part_names import part_name
from paretocaps.domain.layout import Layout
from paretocaps.domain.wording import listed
from paretocaps.errors import DataError
from paretocaps.extras import require

KINDS = (
    "a sub-folder of images for each class, IDX files (train-images-idx3-ubyte[.gz], ...) or parquet files"
    " (train*.parquet, test*.parquet)"
)
_UNREAD: Mapping[tuple[str, ...], str] = {
    (".zip", ".tar", ".tgz", ".gz", ".rar", ".7z", ".bz2", ".xz"): "unpack it, and name the folder",
    (".csv", ".tsv", ".npz", ".npy", ".mat", ".pkl", ".pickle", ".h5", ".hdf5", ".arrow", ".tfrecord"): (
        "get the data set as IDX or parquet files, or save its images as files in a sub-folder for each class"
    ),
}
"""What to do with files that people have of data sets, by suffix."""


def read_folder(path: str, layout: Layout | None = None) -> RawData | EncodedData:
    """Read the IDX or the parquet files of the folder `path`, else its sub-folders as classes of images.

    Without such files, a single sub-folder that has some is read: `data` of a clone of a hub's data set, or
    `raw`, to which torchvision downloads.

    Args:
        path: the folder.
        layout: what the user says about the folder; None for nothing.

    Raises:
        DataError: the folder does not exist, has both kinds of files or nothing to read, or a file is unfit.
    """
    folder, said = Path(path).expanduser(), layout or Layout()
    if not folder.is_dir():
        trouble = "is a file, not a folder" if folder.exists() else "does not exist"
        raise DataError(f"data folder {path!r} {trouble}: name a folder with {KINDS}")
    names = names_in(folder)
    if said.classes_are_folders:
        return image_folder.read(folder, said)
    if said.parts is not None:
        return _read_part_of(folder, said, said.parts.train)
    if idx.known(names) and has_tables(names):
        raise DataError(f"data folder {path!r} holds both IDX and parquet files: keep one kind in it")
    if idx.known(names):
        return idx.read(folder, said)
    if has_tables(names):
        return _read_tables(folder, said)
    inner = _inner(folder)
    if inner is not None:
        found = read_folder(str(inner), said)
        return replace(found, remarks=(*found.remarks, f"{path} is read from its folder {inner}"))
    if image_folder.known(folder):
        return image_folder.read(folder, said)
    raise DataError(_nothing(path, names))


def _read_part_of(folder: Path, layout: Layout, train: str) -> RawData | EncodedData:
    """Read the parts that `layout` names, in the format that the training part is of."""
    place = folder / train
    if place.is_dir():
        tables = has_tables(names_in(place))
        return _read_tables(folder, layout) if tables else image_folder.read(folder, layout)
    if any(folder.glob(train)):
        return _read_tables(folder, layout)
    is_idx = idx.known(one.name for one in place.parent.glob("*"))
    return idx.read(folder, layout) if is_idx else image_folder.read(folder, layout)


def _read_tables(folder: Path, layout: Layout) -> EncodedData:
    require("hub", f"data folder {str(folder)!r} with its parquet files", "pyarrow")
    from paretocaps.data.sources import parquet

    return parquet.read(folder, layout)


def _inner(folder: Path) -> Path | None:
    """Return the only sub-folder, or folder `raw` of one, with IDX or parquet files instead of images.

    Raises:
        DataError: there are several.
    """
    found: list[Path] = []
    for top in folders_in(folder):
        for place in (top, top / "raw"):
            names = names_in(place) if place.is_dir() else []
            if any(map(is_image, names)):
                return None
            if idx.known(names) or has_tables(names):
                found.append(place)
    if len(found) < 2:
        return found[0] if found else None
    raise DataError(f"data folder {str(folder)!r} holds data in several folders: {_choice(folder, found)}")


def _choice(folder: Path, found: Sequence[Path]) -> str:
    places = [place.relative_to(folder).as_posix() for place in found]
    roles = {name.role: place for place in places if (name := part_name(place)) is not None}
    if "train" in roles:
        parts = ",".join(f"{role}={roles[role]}" for role in ("train", "test", "validation") if role in roles)
        return f"name the parts among {listed(places)} with --parts {shlex.quote(parts)}"
    return f"name one of {listed(places)}, such as --data {shlex.quote(str(found[0]))}"


def _nothing(path: str, names: Sequence[str]) -> str:
    """Return why nothing can be read in a folder of files with these `names`, and what to do."""
    if any(map(is_image, names)):
        return (
            f"data folder {path!r} holds images but no class folders: put the images of each class into a"
            " sub-folder of its own"
        )
    for suffixes, remedy in _UNREAD.items():
        for name in names:
            if name.lower().endswith(suffixes):
                return f"data folder {path!r} holds {name}, a kind of file that is not read: {remedy}"
    return f"data folder {path!r} holds no images that can be read: name a folder with {KINDS}"
