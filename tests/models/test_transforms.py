import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.models.geometry import Size
from paretocaps.models.transforms import Transform, Transforms, count_terms, transforms

SIDES = st.integers(1, 6)
SIZES = st.builds(Size, SIDES, SIDES)


def terms(made: Transforms, transform: Transform, numbers: torch.Tensor) -> torch.Tensor:
    """All terms, [R, V], of numbers [h, w, V]."""
    lines = transform.lines(numbers, numbers.new_empty(len(transform.down), *numbers.shape[1:]))
    found = [
        transform.terms(k, lines[own.lines], lines.new_empty(len(transform.along[k]), lines.shape[2]))
        for k, own in enumerate(made.frequencies)
    ]
    return torch.cat(found)


@given(outputs=SIZES, taps=SIZES)
def test_the_sum_over_terms_is_the_sum_over_outputs_and_taps(outputs, taps):
    made = transforms(outputs, taps, torch.float64)
    height, width = outputs.height + taps.height - 1, outputs.width + taps.width - 1
    images, filters, grads = (
        torch.randn(*size, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        for size in ((height, width), taps, outputs)
    )
    x, w, g = (
        terms(made, t, n) for t, n in ((made.images, images), (made.filters, filters), (made.outputs, grads))
    )
    assert len(x) == len(w) == len(g) == count_terms(Size(height, width))
    expected = sum(
        (images[a : a + outputs.height, b : b + outputs.width] * filters[a, b] * grads).sum((0, 1))
        for a in range(taps.height)
        for b in range(taps.width)
    )
    torch.testing.assert_close((x * w * g).sum(0), expected, rtol=1e-11, atol=1e-11)


@given(outputs=SIZES, taps=SIZES)
def test_back_is_the_transpose(outputs, taps):
    made = transforms(outputs, taps, torch.float64)
    for transform, (height, width) in ((made.filters, taps), (made.outputs, outputs)):
        numbers = torch.eye(height * width, dtype=torch.float64).view(height, width, -1)
        matrix = terms(made, transform, numbers)
        lines = torch.empty(len(transform.down), width, len(matrix), dtype=torch.float64)
        for k, own in enumerate(made.frequencies):
            some = torch.eye(len(matrix), dtype=torch.float64)[own.terms]
            transform.lines_back(k, some, lines[own.lines])
        back = transform.numbers_back(lines, torch.empty(height, width, len(matrix), dtype=torch.float64))
        torch.testing.assert_close(back.view(-1, len(matrix)), matrix.t(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("size", "count"), [((1, 1), 1), ((2, 2), 4), ((10, 10), 148), ((3, 5), 22)])
def test_conjugate_frequencies_need_no_terms_of_their_own(size, count):
    assert count_terms(Size(*size)) == count
    assert count < 1.5 * math.prod(size)


def test_matrices_are_made_once_and_have_the_dtype_asked_for():
    made = transforms(Size(2, 2), Size(3, 3), torch.float32)
    assert made is transforms(Size(2, 2), Size(3, 3), torch.float32)
    assert made.images.down.dtype == made.outputs.along[0].dtype == torch.float32
