import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.models.geometry import Size
from paretocaps.models.tiles import Tiles, choose_tiles, pixels

SIZES = st.builds(Size, st.integers(1, 40), st.integers(1, 40))
TAPS = st.builds(Size, st.integers(1, 6), st.integers(1, 6))


def empty(tiles, size, maps):
    return torch.full((*size, tiles.count * len(maps), maps.shape[-1]), torch.nan)


@given(outputs=SIZES, taps=TAPS)
def test_tiles_cover_all_outputs_and_none_is_left_over(outputs, taps):
    tiles = choose_tiles(outputs, taps)
    for side, tile, count in zip(outputs, tiles.outputs, tiles.counts, strict=True):
        assert count * tile >= side > (count - 1) * tile
    assert max(tiles.pixels) <= 16


def test_small_maps_are_one_tile_and_filters_may_be_larger_than_the_largest_tile():
    assert choose_tiles(Size(6, 6), Size(5, 5)) == Tiles(Size(6, 6), Size(5, 5), Size(1, 1))
    assert choose_tiles(Size(24, 24), Size(5, 5)).counts == (2, 2)
    assert max(choose_tiles(Size(3, 3), Size(30, 2)).pixels) == 30


def test_a_tile_has_the_pixels_that_its_outputs_read_and_zeros_beyond_the_edge():
    tiles = Tiles(Size(2, 3), Size(3, 2), Size(2, 2))
    assert tiles.pixels == pixels(Size(2, 3), Size(3, 2)) == (4, 4)
    maps = torch.arange(2 * 5 * 7 * 2.0).view(2, 5, 7, 2)
    found = tiles.split(maps, tiles.pixels, empty(tiles, tiles.pixels, maps)).view(4, 4, 4, 2, 2)
    assert torch.equal(found[:, :, 0], maps[:, :4, :4].permute(1, 2, 0, 3))
    assert torch.equal(found[:3, :, 3], maps[:, 2:, 3:].permute(1, 2, 0, 3))
    assert not found[3, :, 3].any()


@pytest.mark.parametrize("taps", [Size(1, 1), Size(3, 2)])
def test_joining_adds_every_tile_where_it_was(taps):
    tiles = Tiles(Size(2, 3), taps, Size(2, 2))
    maps = torch.rand(2, 5, 7, 2)
    found, times = torch.ones_like(maps), torch.zeros_like(maps)
    for whole, part in ((maps, found), (torch.ones_like(maps), times)):
        tiles.join(tiles.split(whole, tiles.pixels, empty(tiles, tiles.pixels, maps)), tiles.pixels, part)
    torch.testing.assert_close(found, 1 + maps * times)
