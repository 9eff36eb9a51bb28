import pytest
import torch

from paretocaps.models import patches as module
from paretocaps.models.patches import Patches

CASES = pytest.mark.parametrize(
    ("shape", "kernel", "stride"),
    [((3, 9, 8, 2), (3, 5), (1, 1)), ((2, 11, 10, 3), (5, 3), (2, 3)), ((1, 4, 4, 1), (4, 4), (2, 2))],
)


def numbered(shape):
    return torch.arange(torch.Size(shape).numel(), dtype=torch.float64).view(shape)


def patch(images, found, row, column, rows):
    """One patch of the first image, cut out by hand."""
    top, left = row * found.stride[0], column * found.stride[1]
    return images[0, top + rows.start : top + rows.stop, left : left + found.kernel[1]].flatten()


@CASES
def test_every_row_of_the_matrix_is_a_patch(shape, kernel, stride):
    found = Patches(numbered(shape), kernel, stride)
    height, width = found.size
    assert height == (shape[1] - kernel[0]) // stride[0] + 1
    for rows in (found.all_rows, slice(1, 3)):
        matrix = found.matrix(slice(0, 1), rows)
        assert matrix.shape == (height * width, (rows.stop - rows.start) * kernel[1] * shape[3])
        for row in range(height):
            for column in range(width):
                expected = patch(found.images, found, row, column, rows)
                assert torch.equal(matrix[row * width + column], expected)
    assert found.matrix(found.all_rows, found.all_rows).shape[1] == found.numbers


@CASES
def test_adding_back_counts_how_many_patches_look_at_a_place(shape, kernel, stride):
    found = Patches(numbered(shape), kernel, stride)
    whole, by_row = torch.zeros(shape), torch.zeros(shape)
    ones = torch.ones_like(found.matrix(slice(0, shape[0]), found.all_rows))
    found.add_back(whole, ones, found.all_rows)
    for row in range(kernel[0]):
        rows = slice(row, row + 1)
        found.add_back(by_row, torch.ones_like(found.matrix(slice(0, shape[0]), rows)), rows)
    expected = torch.zeros(shape)
    for row in range(found.size[0]):
        for column in range(found.size[1]):
            top, left = row * stride[0], column * stride[1]
            expected[:, top : top + kernel[0], left : left + kernel[1]] += 1
    assert torch.equal(whole, expected)
    assert torch.equal(by_row, expected)


@CASES
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_numbers_are_added_back_in_the_order_of_the_kernel(shape, kernel, stride, dtype):
    found = Patches(numbered(shape), kernel, stride)
    generator = torch.Generator().manual_seed(0)
    size = (shape[0] * found.size[0] * found.size[1], found.numbers)
    matrix = torch.randn(size, generator=generator).to(dtype)
    sums, expected = torch.zeros(shape), torch.zeros(shape)
    found.add_back(sums, matrix, found.all_rows)
    split = matrix.view(shape[0], *found.size, *kernel, shape[3])
    for row in range(kernel[0]):
        for column in range(kernel[1]):
            lines = slice(row, row + found.size[0] * stride[0], stride[0])
            cells = slice(column, column + found.size[1] * stride[1], stride[1])
            expected[:, lines, cells] += split[:, :, :, row, column]
    assert torch.equal(sums, expected)


@pytest.mark.parametrize("limit", [1, 3000, 1 << 30])
def test_blocks_hold_every_sample_once_and_no_more_than_allowed(monkeypatch, limit):
    monkeypatch.setattr(module, "_BLOCK_BYTES", limit)
    monkeypatch.setattr(module, "_ROW_BLOCK_BYTES", limit)
    found = Patches(torch.zeros(7, 9, 8, 40), (3, 3), (2, 2))
    for rows in (found.all_rows, slice(2, 3)):
        blocks = [list(range(7))[samples] for samples in found.samples(5, rows)]
        assert [sample for block in blocks for sample in block] == list(range(7))
        used = 4 * 3 * (120 * (rows.stop - rows.start) + 5) * 4
        assert all(len(block) == 1 or len(block) * used <= limit for block in blocks)


def test_rows_are_split_where_whole_patches_are_too_many(monkeypatch):
    wide, narrow = (
        Patches(torch.zeros(7, 9, 8, 40), (3, 3), (2, 2)),
        Patches(torch.zeros(7, 9, 8, 2), (3, 3), (2, 2)),
    )
    assert (wide.narrow, narrow.narrow) == (False, True)
    assert wide.rows(5) == narrow.rows(5) == [slice(0, 3)]
    monkeypatch.setattr(module, "_BLOCK_BYTES", 1)
    assert wide.rows(5) == [slice(0, 1), slice(1, 2), slice(2, 3)]
    assert narrow.rows(5) == [slice(0, 3)]
