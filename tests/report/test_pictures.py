import base64
import io

import numpy as np
import pytest
from PIL import Image

from paretocaps.evaluation.perturbation import PerturbationGrid
from paretocaps.evaluation.reconstructions import Reconstruction
from paretocaps.report.pictures import grid_html, picture_uri, reconstructions_html, side_by_side

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


def made(label, predicted):
    image, one, two = (random_picture(8, 8, 1) for _ in range(3))
    return Reconstruction(0, label, predicted, 0.514, image, one, two)


def test_right_answers_have_one_drawing_and_wrong_ones_two():
    names = ["<cat>", "dog"]
    right = reconstructions_html([made(0, 0), made(1, 1)], names)
    assert right.count("<img") == 4
    assert "&lt;cat&gt;" in right
    assert "0.51" in right
    assert "answer" not in right
    wrong = reconstructions_html([made(0, 1)], names)
    assert wrong.count("<img") == 3
    assert "<th class='wrong'>dog</th>" in wrong


def test_a_grid_has_a_row_a_dimension_and_says_its_steps():
    grid = PerturbationGrid(1, 0, random_picture(8, 8, 1), random_picture(16, 11, 8, 8, 1))
    html = grid_html(grid, "a & b")
    assert html.count("<tr>") == 17
    assert html.count("<img") == 17
    assert "class a &amp; b" in html
    assert "<span>-0.25</span><span>+0</span><span>+0.25</span>" in html
