"""The reader of a local folder, which chooses a format by the files in it."""

from pathlib import Path

from paretocaps.data.encoded_images import EncodedData
from paretocaps.data.raw import RawData
from paretocaps.data.sources import idx, image_folder, parquet
from paretocaps.errors import DataError

KINDS = (
    "a sub-folder of images for each class, IDX files (train-images-idx3-ubyte[.gz], ...) or parquet files"
    " (train*.parquet, test*.parquet)"
)


def read_folder(path: str) -> RawData | EncodedData:
    """Read the IDX or the parquet files of the folder `path`, else its sub-folders as classes of images.

    Raises:
        DataError: the folder does not exist, has both kinds of files or nothing to read, or a file is unfit.
    """
    folder = Path(path).expanduser()
    if not folder.is_dir():
        trouble = "is a file, not a folder" if folder.exists() else "does not exist"
        raise DataError(f"data folder {path!r} {trouble}: name a folder with {KINDS}")
    try:
        names = sorted(file.name for file in folder.iterdir() if file.is_file())
    except OSError as error:
        raise DataError(f"data folder {path!r} cannot be read ({error.strerror}): check its rights") from None
    if idx.known(names) and parquet.known(names):
        raise DataError(f"data folder {path!r} holds both IDX and parquet files: keep one kind in it")
    if idx.known(names):
        return idx.read(folder, names)
    if parquet.known(names):
        return parquet.read(folder, names)
    if image_folder.known(folder):
        return image_folder.read(folder)
    if any(map(image_folder.is_image, names)):
        raise DataError(
            f"data folder {path!r} holds images but no class folders: put the images of each class into a"
            " sub-folder of its own"
        )
    raise DataError(f"data folder {path!r} holds no images that can be read: name a folder with {KINDS}")
