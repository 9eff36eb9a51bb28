import base64
import io

import numpy as np
import pytest
from PIL import Image

from paretocaps.report.pictures import picture_uri, side_by_side

RANDOM = np.random.default_rng(0)


def random_picture(*shape):
    return RANDOM.integers(0, 256, shape, dtype=np.uint8)


def read(uri):
    kind, _, content = uri.partition(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_a_picture_is_embedded_whole_and_unchanged(channels):
    picture = random_picture(5, 7, channels)
    expected = picture if channels == 3 else picture[:, :, 0]
    np.testing.assert_array_equal(read(picture_uri(picture)), expected)


def test_a_dark_picture_stays_dark():
    assert read(picture_uri(np.full((4, 4, 1), 3, dtype=np.uint8))).max() == 3


def test_pictures_stand_side_by_side_with_white_between():
    pictures = random_picture(3, 28, 28, 1)
    strip = side_by_side(pictures)
    assert strip.shape == (28, 3 * 28 + 2 * 2, 1)
    np.testing.assert_array_equal(strip[:, 30:58], pictures[1])
    assert (strip[:, 28:30] == 255).all()
