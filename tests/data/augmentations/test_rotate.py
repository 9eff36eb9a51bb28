import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.data.augmentations.rotate import ROTATE, Rotate


def turn(degrees, count=1):
    angle = math.radians(degrees)
    return torch.tensor([[math.cos(angle), math.sin(angle)]]).repeat(count, 1)


def noise(count, height, width, channels, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, height, width, channels, generator=generator).permute(0, 3, 1, 2)


def oracle(image, degrees):
    """Pixel by pixel: where it comes from, and what lies there between four neighbours."""
    channels, height, width = image.shape
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turned = np.zeros((channels, height, width))
    for row in range(height):
        for column in range(width):
            x, y = column - (width - 1) / 2, row - (height - 1) / 2
            u = cosine * x - sine * y + (width - 1) / 2
            v = sine * x + cosine * y + (height - 1) / 2
            for i in (math.floor(v), math.floor(v) + 1):
                for j in (math.floor(u), math.floor(u) + 1):
                    if 0 <= i < height and 0 <= j < width:
                        turned[:, row, column] += (1 - abs(v - i)) * (1 - abs(u - j)) * image[:, i, j].numpy()
    return turned


@settings(deadline=None)
@given(st.sampled_from([1, 3]), st.integers(1, 7), st.integers(1, 7), st.floats(-180, 180))
def test_matches_the_oracle(channels, height, width, degrees):
    images = noise(1, height, width, channels)
    turned = ROTATE.apply(images, turn(degrees))[0].numpy()
    np.testing.assert_allclose(turned, oracle(images[0], degrees), atol=2e-5)


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 3))
def test_no_angle_is_the_identity(height, width, channels):
    images = noise(2, height, width, channels)
    torch.testing.assert_close(ROTATE.apply(images, turn(0, 2)), images, rtol=0, atol=1e-5)


def test_a_quarter_turn_is_counter_clockwise():
    images = noise(3, 6, 6, 2)
    expected = torch.rot90(images, 1, dims=(2, 3))
    torch.testing.assert_close(ROTATE.apply(images, turn(90, 3)), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("limit", [10.0, 45.0])
def test_angles_are_even_over_the_whole_reach(limit):
    draws = Rotate(limit).draw(20_000, torch.Generator().manual_seed(0))
    assert draws.dtype is torch.float32
    degrees = torch.rad2deg(torch.atan2(draws[:, 1], draws[:, 0]))
    assert degrees.abs().max() <= limit
    counts = torch.histc(degrees, bins=20, min=-limit, max=limit)
    assert counts.min() > 880  # 1,000 expected, standard deviation 31
    assert counts.max() < 1120


@settings(deadline=None)
@given(st.integers(2, 40), st.integers(1, 40))
def test_an_image_does_not_depend_on_its_batch(count, cut):
    images, draws = noise(count, 9, 8, 1, seed=count), ROTATE.draw(count, torch.Generator().manual_seed(1))
    parts = [ROTATE.apply(a, b) for a, b in zip(images.split(cut), draws.split(cut), strict=True)]
    assert torch.equal(torch.cat(parts), ROTATE.apply(images, draws))


def test_the_format_stays_for_one_channel_and_for_three():
    for channels in (1, 3):
        images = noise(4, 9, 8, channels)
        assert ROTATE.apply(images, turn(7, 4)).stride() == images.stride()
