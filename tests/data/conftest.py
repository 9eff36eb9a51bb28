import gzip
import struct
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from paretocaps.data.last_read import forget
from paretocaps.errors import DataError


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    forget()
    yield
    forget()


@pytest.fixture(scope="session")
def idx_bytes() -> Callable[[np.ndarray], bytes]:
    """The content of an IDX file with these unsigned bytes."""

    def content(array: np.ndarray) -> bytes:
        header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
        return header + array.astype(np.uint8).tobytes()

    return content


@pytest.fixture
def write_idx(idx_bytes) -> Callable[..., None]:
    """Write one part of an IDX folder."""

    def write(folder: Path, part: str, images: np.ndarray, labels: np.ndarray, gz: bool = False) -> None:
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            content = idx_bytes(np.asarray(array))
            name = f"{part}-{kind}-ubyte" + (".gz" if gz else "")
            (folder / name).write_bytes(gzip.compress(content) if gz else content)

    return write


@pytest.fixture(scope="session")
def encode() -> Callable[..., bytes]:
    """A JPEG or PNG file of pixels [H, W] or [H, W, 3]."""

    def file(pixels: np.ndarray, format: str = "PNG", mode: str | None = None) -> bytes:
        buffer = BytesIO()
        image = Image.fromarray(np.asarray(pixels, np.uint8))
        (image.convert(mode) if mode else image).save(buffer, format)
        return buffer.getvalue()

    return file


@pytest.fixture(scope="session")
def table() -> Callable[..., pa.Table]:
    """A table of encoded images and labels, as the hub has them."""

    def build(files: list[bytes | None], labels: list[int | None]) -> pa.Table:
        struct_type = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        rows = [None if file is None else {"bytes": file, "path": None} for file in files]
        return pa.table({"image": pa.array(rows, struct_type), "label": pa.array(labels, pa.int64())})

    return build


@pytest.fixture
def write_parquet(encode, table) -> Callable[..., None]:
    """Write pixels [N, H, W(, 3)] and labels as one parquet file."""

    def write(path: Path, pixels: np.ndarray, labels: list[int], format: str = "PNG") -> None:
        parquet.write_table(table([encode(image, format) for image in pixels], list(labels)), path)

    return write


@pytest.fixture
def refusal() -> Callable[..., str]:
    """Call, expect a DataError of one line, and return its text."""

    def call(function: Callable[..., object], *args: object) -> str:
        with pytest.raises(DataError) as caught:
            function(*args)
        message = str(caught.value)
        assert "\n" not in message
        return message

    return call


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real data sets beside the repository."""
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real data sets are not beside the repository (../shared/data)")
    return folder


@pytest.fixture
def photo(encode) -> Callable[..., bytes]:
    """An image file of noise with this height, width and number of channels."""

    def file(height: int = 8, width: int = 8, channels: int = 3, seed: int = 0, format: str = "PNG") -> bytes:
        shape = (height, width, 3) if channels == 3 else (height, width)
        return encode(np.random.default_rng(seed).integers(0, 256, shape), format)

    return file


@pytest.fixture
def class_folders(photo) -> Callable[..., Path]:
    """Write `count` images a class as FOLDER/class/N.png."""

    def write(folder: Path, names: str = "ant bee cat", count: int = 4, **image: int) -> Path:
        for label, name in enumerate(names.split()):
            (folder / name).mkdir(parents=True)
            for number in range(count):
                content = photo(seed=100 * label + number, **image)
                (folder / name / f"{number}.png").write_bytes(content)
        return folder

    return write
