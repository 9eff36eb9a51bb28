import secrets

import numpy as np
import pyarrow as pa
import pytest

from paretocaps.data import arrays
from paretocaps.data.arrays import decoded
from paretocaps.data.encoded_images import EncodedData, EncodedPart
from paretocaps.data.raw import RawPart
from paretocaps.data.sources.image_table import columns, row_name, table_files, table_labels
from paretocaps.domain.job import DataSpec

GRAY = np.random.default_rng(0).integers(0, 256, (7, 5, 4)).astype(np.uint8)
COLOUR = np.random.default_rng(1).integers(0, 256, (7, 5, 4, 3)).astype(np.uint8)


def decode_table(rows: pa.Table, origin: str, classes: int | None, step: int = 2) -> RawPart:
    """All rows, read `step` at a time."""
    images, labels = columns(rows.column_names, origin)
    part = EncodedPart(
        table_labels(rows, labels, origin, classes),
        origin,
        lambda: table_files((rows.slice(start, step) for start in range(0, len(rows), step)), images, origin),
        row_name(origin),
    )
    data = EncodedData(part, None, "tables", secrets.token_hex(), tabular=True)
    return decoded(data, DataSpec()).train


@pytest.fixture(params=["at once", "prepared"], autouse=True)
def way(request, monkeypatch) -> str:
    """Small images are decoded into memory; here the same ones go through a file as well."""
    if request.param == "prepared":
        monkeypatch.setattr(arrays, "SMALL", 0)
    return request.param


@pytest.mark.parametrize("step", [1, 3, 256])
def test_png_comes_back_exactly(table, encode, way, step) -> None:
    rows = table([encode(image) for image in COLOUR], list(range(7)))
    part = decode_table(rows, "there", None, step)
    assert part.mapped == (way == "prepared")
    assert part.images.shape == (7, 3, 5, 4)
    assert part.images.transpose(0, 2, 3, 1).tolist() == COLOUR.tolist()
    assert part.labels.tolist() == list(range(7))
    assert part.labels.dtype == np.int64
    assert part.origin == "there"


def test_gray_images_have_one_channel(table, encode) -> None:
    part = decode_table(table([encode(image) for image in GRAY], [0] * 7), "there", 10)
    assert part.images[:, 0].tolist() == GRAY.tolist()
    assert part.images.shape == (7, 1, 5, 4)


def test_jpeg_comes_back_nearly(table, encode) -> None:
    smooth = np.add.outer(np.arange(16) * 8, np.arange(16) * 4)
    part = decode_table(table([encode(smooth, "JPEG")], [0]), "there", None)
    assert np.abs(part.images[0, 0].astype(int) - smooth).max() <= 4


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.8])
def test_a_truncated_image_is_named_by_row(table, encode, refusal, format, share) -> None:
    files = [encode(np.kron(image, np.ones((8, 8))), format) for image in GRAY]
    files[5] = files[5][: int(len(files[5]) * share)]
    message = refusal(decode_table, table(files, [0] * 7), "there", None)
    assert message.startswith("there: the image of row 5 is corrupt (")


def test_the_first_corrupt_row_is_named_and_the_others_are_counted(table, encode, refusal) -> None:
    files = [encode(image) for image in GRAY]
    files[2] = files[4] = b"GIF89a nothing"
    message = refusal(decode_table, table(files, [0] * 7), "there", None)
    assert message == (
        "there: the image of row 2 is corrupt (not a JPEG, PNG, BMP, WebP, GIF, TIFF, PPM, PGM or JPEG 2000"
        " image), and 1 other of 7 images too: replace it, or leave such images out with --corrupt skip"
    )


def test_a_flipped_bit_in_a_png_is_found(table, encode, refusal) -> None:
    files = [encode(image) for image in GRAY]
    broken = bytearray(files[3])
    broken[len(broken) // 2] ^= 4
    files[3] = bytes(broken)
    assert "the image of row 3 is corrupt" in refusal(decode_table, table(files, [0] * 7), "there", None)


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_gray_and_coloured_images_are_not_mixed(table, encode, refusal, mode) -> None:
    files = [encode(GRAY[0]), encode(COLOUR[0], mode=mode)]
    message = refusal(decode_table, table(files, [0, 1]), "there", None)
    assert message.startswith(
        "there: the image of row 0 is gray but there: the image of row 1 is coloured (1 "
    )
    assert "make all of them coloured with --channels 3" in message


@pytest.mark.parametrize("mode", ["1", "LA"])
def test_other_grays_are_taken(table, encode, mode) -> None:
    files = [encode(np.zeros((5, 4)), mode=mode), encode(GRAY[1]), encode(np.full((5, 4), 255), mode=mode)]
    part = decode_table(table(files, [0, 1, 0]), "there", None)
    assert part.images[:, 0].tolist() == [
        np.zeros((5, 4)).tolist(),
        GRAY[1].tolist(),
        np.full((5, 4), 255).tolist(),
    ]


def test_another_size_is_resized(table, encode) -> None:
    files = [encode(GRAY[0]), encode(GRAY[1]), encode(np.full((10, 8), 77))]
    part = decode_table(table(files, [0, 1, 2]), "there", None)
    assert part.images[:2, 0].tolist() == GRAY[:2].tolist()
    assert part.images[2, 0].tolist() == np.full((5, 4), 77).tolist()


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        ([0, None], None, "row 1 has no label"),
        ([0, -2], None, "label -2 of row 1 is out of range: it must not be negative"),
        ([0, 10], 10, "label 10 of row 1 is out of range: it must be 0 to 9"),
    ],
)
def test_bad_labels_are_named_by_row(table, encode, refusal, labels, classes, message) -> None:
    files = [encode(image) for image in GRAY[:2]]
    assert message in refusal(decode_table, table(files, labels), "there", classes)


def test_an_image_without_bytes_is_named_by_row(table, encode, refusal) -> None:
    message = refusal(decode_table, table([encode(GRAY[0]), None], [0, 1]), "there", None)
    assert "row 1 has no image bytes" in message


@pytest.mark.parametrize("missing", ["image", "label"])
def test_a_missing_column_is_named(table, encode, refusal, missing) -> None:
    rows = table([encode(GRAY[0])], [0]).append_column("extra", [[1]]).drop_columns([missing])
    message = refusal(decode_table, rows, "there", None)
    assert f"there: no column {missing!r} or " in message
    assert "extra" in message


def test_columns_of_another_type_are_refused(table, encode, refusal) -> None:
    rows = table([encode(GRAY[0])], [0])
    words = rows.set_column(1, "label", pa.array(["cat"]))
    assert "column 'label' is string: it must hold integers" in refusal(decode_table, words, "there", None)
    plain = rows.set_column(0, "image", pa.array([encode(GRAY[0])]))
    assert "column 'image' is binary: it must be a struct" in refusal(decode_table, plain, "there", None)


@pytest.mark.parametrize("kind", [pa.uint8(), pa.int32(), pa.uint64()])
def test_every_integer_type_will_do(table, encode, kind) -> None:
    rows = table([encode(image) for image in GRAY[:2]], [0, 0]).set_column(1, "label", pa.array([0, 1], kind))
    assert decode_table(rows, "there", None).labels.tolist() == [0, 1]


@pytest.mark.parametrize("names", [("img", "label"), ("img", "fine_label"), ("image", "fine_label")])
def test_the_columns_of_cifar_on_the_hub_are_known(table, encode, names) -> None:
    rows = table([encode(image) for image in GRAY[:2]], [1, 0]).rename_columns(list(names))
    part = decode_table(rows.append_column("coarse_label", [[7, 8]]), "there", 2)
    assert part.labels.tolist() == [1, 0]
    assert part.images[:, 0].tolist() == GRAY[:2].tolist()
