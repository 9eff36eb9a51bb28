import torch
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.data.augmentations.shift import SHIFT, Shift


def oracle(images, draws):
    """Move pixel by pixel; what leaves is lost, what enters is zero."""
    moved = torch.zeros_like(images)
    _, _, height, width = images.shape
    for image, (down, right) in enumerate(draws.tolist()):
        for y in range(height):
            for x in range(width):
                if 0 <= y + down < height and 0 <= x + right < width:
                    moved[image, :, y + down, x + right] = images[image, :, y, x]
    return moved


@given(
    st.sampled_from([1, 3]),
    st.integers(1, 6),
    st.integers(1, 6),
    st.lists(st.tuples(st.integers(-2, 2), st.integers(-2, 2)), min_size=1, max_size=5),
)
def test_matches_the_oracle(channels, height, width, moves) -> None:
    generator = torch.Generator().manual_seed(height)
    pixels = torch.rand(len(moves), height, width, channels, generator=generator) + 0.1
    draws = torch.tensor(moves)
    images = pixels.permute(0, 3, 1, 2)
    assert torch.equal(SHIFT.apply(images, draws), oracle(images, draws))


def test_draws_cover_all_moves_evenly_and_independently() -> None:
    draws = SHIFT.draw(25_000, torch.Generator().manual_seed(0))
    assert draws.shape == (25_000, 2)
    moves = ((draws[:, 0] + 2) * 5 + draws[:, 1] + 2).bincount(minlength=25)
    assert len(moves) == 25
    assert moves.min() > 840  # 1,000 expected, standard deviation 31
    assert moves.max() < 1160


def test_another_limit() -> None:
    draws = Shift(limit=3).draw(500, torch.Generator().manual_seed(0))
    assert (draws.min(), draws.max()) == (-3, 3)
    images = torch.rand(500, 1, 5, 5)
    assert torch.equal(Shift(limit=3).apply(images, draws), oracle(images, draws))


def test_zero_moves_nothing() -> None:
    images = torch.rand(4, 3, 5, 5)
    assert torch.equal(SHIFT.apply(images, torch.zeros(4, 2, dtype=torch.int64)), images)
