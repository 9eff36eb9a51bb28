import pytest
import torch

from paretocaps.data.augmentations.shift import SHIFT
from paretocaps.evaluation.affine import Affine

IMAGES = torch.rand(3, 2, 28, 28, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    "none", [Affine("rotation", 0), Affine("shift x", 0), Affine("shift y", 0), Affine("scale", 1)]
)
def test_no_strength_leaves_the_images_alone(none):
    assert none.apply(IMAGES) is IMAGES


@pytest.mark.parametrize("pixels", [-4, -1, 2])
def test_shifts_are_those_of_training(pixels):
    draws = torch.tensor([[pixels, 0]] * 3)
    down = SHIFT.__class__(limit=4).apply(IMAGES, draws)
    right = SHIFT.__class__(limit=4).apply(IMAGES, draws.flip(1))
    torch.testing.assert_close(Affine("shift y", pixels).apply(IMAGES), down, atol=1e-5, rtol=0)
    torch.testing.assert_close(Affine("shift x", pixels).apply(IMAGES), right, atol=1e-5, rtol=0)


def test_shifts_are_in_proportion_to_the_image():
    images = torch.rand(1, 1, 56, 28)
    moved = Affine("shift y", 1).apply(images)
    torch.testing.assert_close(moved[:, :, 2:], images[:, :, :-2], atol=1e-5, rtol=0)
    torch.testing.assert_close(
        Affine("shift x", 1).apply(images)[..., 1:], images[..., :-1], atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("size", [(28, 28), (9, 9)])
def test_a_quarter_turn_is_counter_clockwise(size):
    images = torch.rand(2, 1, *size)
    turned = Affine("rotation", 90).apply(images)
    torch.testing.assert_close(turned, images.rot90(1, (2, 3)), atol=1e-5, rtol=0)


def test_turns_of_images_that_are_not_square_keep_right_angles():
    images = torch.zeros(1, 1, 21, 11)
    images[..., 10, 3:8] = 1.0  # a line across
    turned = Affine("rotation", 90).apply(images)
    expected = torch.zeros_like(images)
    expected[..., 8:13, 5] = 1.0  # upright and as long
    torch.testing.assert_close(turned, expected, atol=1e-5, rtol=0)


def test_turning_there_and_back_gives_the_middle_again():
    smooth = torch.nn.functional.avg_pool2d(IMAGES, 7, 1, 3)
    back = Affine("rotation", -30).apply(Affine("rotation", 30).apply(smooth))
    assert (back - smooth)[..., 8:20, 8:20].abs().mean() < 0.01


def test_scales_make_things_larger_or_smaller():
    square = torch.zeros(1, 1, 40, 40)
    square[..., 10:30, 10:30] = 1.0
    for factor in (0.8, 1.2):
        area = Affine("scale", factor).apply(square).sum() / square.sum()
        assert area == pytest.approx(factor**2, rel=0.03)


def test_a_shear_leans_uprights_to_the_right():
    upright = torch.zeros(1, 1, 21, 21)
    upright[..., 10] = 1.0
    leaning = Affine("shear", 20).apply(upright)[0, 0]
    place = (leaning * torch.arange(21)).sum(1) / leaning.sum(1)
    assert place[10] == pytest.approx(10, abs=1e-4)
    assert place[5] == pytest.approx(10 + 5 * 0.36397, abs=1e-3)
    assert place[15] == pytest.approx(10 - 5 * 0.36397, abs=1e-3)


def test_what_comes_in_is_zero():
    moved = Affine("shift x", 4).apply(torch.ones(1, 1, 28, 28))
    assert moved[..., :4].abs().max() < 1e-5
    assert moved[..., 4:].min() > 1 - 1e-5


@pytest.mark.parametrize("transform", [Affine("rotation", 20), Affine("shift x", 2)])
def test_half_precision_around_it_changes_nothing(transform):
    with torch.autocast("cpu", torch.bfloat16):
        found = transform.apply(IMAGES)
    assert torch.equal(found, transform.apply(IMAGES))
