import pytest
import torch

from paretocaps.data.augmentation import AUGMENTATIONS


def images():
    pixels = torch.rand(9, 6, 7, 3, generator=torch.Generator().manual_seed(0))
    return pixels.permute(0, 3, 1, 2)


@pytest.mark.parametrize("name", list(AUGMENTATIONS))
def test_shape_type_range_and_memory_format_stay(name) -> None:
    augmentation = AUGMENTATIONS.get(name)
    draws = augmentation.draw(9, torch.Generator().manual_seed(1))
    before = images()
    after = augmentation.apply(before, draws)
    assert len(draws) == 9
    assert after.shape == before.shape
    assert after.dtype is before.dtype
    assert after.stride() == before.stride()
    assert after.min() >= 0
    assert after.max() <= 1
    assert torch.equal(before, images())


@pytest.mark.parametrize("name", list(AUGMENTATIONS))
def test_draws_follow_from_the_generator_and_go_with_their_image(name) -> None:
    augmentation = AUGMENTATIONS.get(name)
    draws, again = (augmentation.draw(9, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(draws, again)
    whole = augmentation.apply(images(), draws)
    parts = [augmentation.apply(images()[place], draws[place]) for place in (slice(0, 4), slice(4, 9))]
    assert torch.equal(whole, torch.cat(parts))


def test_none_is_the_identity() -> None:
    augmentation = AUGMENTATIONS.get("none")
    generator = torch.Generator().manual_seed(1)
    before = generator.get_state()
    given = images()
    assert augmentation.apply(given, augmentation.draw(9, generator)) is given
    assert torch.equal(generator.get_state(), before)
