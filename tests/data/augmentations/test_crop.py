import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import pad

from paretocaps.data.augmentations.crop import CROP, Crop
from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.images import ImageSet


def oracle(images, draws, margin=2):
    """Pad, then cut one image after another."""
    _, _, height, width = images.shape
    padded = pad(images, (margin,) * 4)
    places = enumerate(draws.tolist())
    return torch.stack([padded[i, :, y : y + height, x : x + width] for i, (y, x) in places])


@given(
    st.sampled_from([1, 3]),
    st.integers(1, 6),
    st.integers(1, 6),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=5),
)
def test_matches_the_oracle(channels, height, width, corners) -> None:
    pixels = torch.rand(len(corners), height, width, channels, generator=torch.Generator().manual_seed(0))
    images, draws = pixels.permute(0, 3, 1, 2), torch.tensor(corners)
    assert torch.equal(CROP.apply(images, draws), oracle(images, draws))


def test_every_place_is_equally_likely() -> None:
    draws = CROP.draw(25_000, torch.Generator().manual_seed(0))
    places = (draws[:, 0] * 5 + draws[:, 1]).bincount(minlength=25)
    assert (draws.min(), draws.max()) == (0, 4)
    assert len(places) == 25
    assert places.min() > 840  # 1,000 expected, standard deviation 31
    assert places.max() < 1160


def test_another_margin() -> None:
    images = torch.rand(300, 3, 5, 5)
    draws = Crop(margin=3).draw(300, torch.Generator().manual_seed(0))
    assert (draws.min(), draws.max()) == (0, 6)
    assert torch.equal(Crop(margin=3).apply(images, draws), oracle(images, draws, margin=3))


def test_the_centre_crop_is_the_image_and_what_evaluation_sees() -> None:
    images = torch.rand(4, 3, 5, 5)
    assert torch.equal(CROP.apply(images, torch.full((4, 2), 2)), images)
    pixels = torch.randint(0, 256, (6, 3, 8, 8), dtype=torch.uint8)
    loader = DeviceLoader(ImageSet(pixels, torch.arange(6)), "cpu", augment="crop")
    (seen, _), (trained, _) = next(loader.ordered(6)), next(loader.batches(6, 1))
    assert torch.equal(seen, pixels.float().div(255))
    assert {tuple(image.flatten().tolist()) for image in trained} != {
        tuple(image.flatten().tolist()) for image in seen
    }
