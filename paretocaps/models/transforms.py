"""Makes the transforms that turn a small correlation into products of single numbers.

The correlation of an image with a filter, y[o] = sum over l of x[o + l] w[l], has no padding, so that a
cyclic one of the image's size computes it: a product at every frequency of the discrete Fourier transform
(DFT). With the gradient g of y, all three products of a convolution are derivatives of one form,

    sum over o, l of x[o + l] w[l] g[o]  =  sum over r of (X x)[r] (W w)[r] (G g)[r].

Real maps have conjugate frequencies in pairs. The real part of the product (a + bi)(c - di)(e - fi) of one
frequency of each pair is a c (e - f) + b d (e + f) + (a + b)(c - d) f: three terms r. A frequency that is
its own conjugate gives one term. The sums and differences are folded into the matrices.

A transform has two stages. The DFT down the columns gives each vertical frequency a line of real parts and,
unless the frequency is its own conjugate, one of imaginary parts; a matrix per vertical frequency then makes
its terms from its lines.

Shapes: h x w numbers of an image, a filter or the outputs; S lines, as many as an image has rows; R terms,
at most 1.5 per number of an image.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from paretocaps.models.geometry import Size


@dataclass(frozen=True)
class Frequency:
    """A vertical frequency: which lines of S and which terms of R are its own."""

    lines: slice
    terms: slice


@dataclass(frozen=True)
class Transform:
    """The transform X, W or G; its methods work on any number of images, filters or outputs side by side, V.

    Attributes:
        down: the DFT down the columns, [S, h].
        along: for each vertical frequency the matrix of its terms, [its terms, its lines x w].
    """

    down: Tensor
    along: Sequence[Tensor]

    @property
    def multiplications(self) -> int:
        """How many multiplications one image, filter or map of outputs needs."""
        width = self.along[0].shape[1]  # the first frequency has one line
        return self.down.numel() * width + sum(matrix.numel() for matrix in self.along)

    def lines(self, numbers: Tensor, out: Tensor) -> Tensor:
        """Return the lines of all frequencies, [S, w, V], of [h, w, V]; in `out`."""
        torch.mm(self.down, numbers.flatten(1), out=out.flatten(1))
        return out

    def terms(self, frequency: int, lines: Tensor, out: Tensor) -> Tensor:
        """Return the terms of a vertical frequency, [its terms, V], of its lines, [., w, V]; in `out`."""
        torch.mm(self.along[frequency], lines.flatten(0, 1).flatten(1), out=out.flatten(1))
        return out

    def lines_back(self, frequency: int, terms: Tensor, out: Tensor) -> None:
        """Set `out` [., w, V] to the transpose of `terms` of [its terms, V]."""
        torch.mm(self.along[frequency].t(), terms.flatten(1), out=out.flatten(0, 1).flatten(1))

    def numbers_back(self, lines: Tensor, out: Tensor) -> Tensor:
        """Return the transpose of `lines`, [h, w, V], of [S, w, V]; in `out`."""
        torch.mm(self.down.t(), lines.flatten(1), out=out.flatten(1))
        return out


@dataclass(frozen=True)
class Transforms:
    """The transforms X, W and G and the vertical frequencies that they share."""

    frequencies: Sequence[Frequency]
    images: Transform
    filters: Transform
    outputs: Transform


def count_terms(size: Size) -> int:
    """Return how many terms R the transforms have for images of this size."""
    own = math.prod(2 - side % 2 for side in size)
    return own + 3 * (math.prod(size) - own) // 2


@cache
def transforms(outputs: Size, taps: Size, dtype: torch.dtype) -> Transforms:
    """Return the transforms for so many rows and columns of outputs and of filters, computed in float64."""
    height, width = (a + b - 1 for a, b in zip(outputs, taps, strict=True))
    vertical = range(height // 2 + 1)
    single = [-k % height == k for k in vertical]
    sides = [Size(height, width), taps, outputs]
    downs = [torch.cat([_lines(k, height, side.height)[: 2 - single[k]] for k in vertical]) for side in sides]
    alongs = [_terms(width, [side.width for side in sides], one) for one in single]
    alongs = [(x, w, g * (2 - one) / height) for (x, w, g), one in zip(alongs, single, strict=True)]
    frequencies, line, term = [], 0, 0
    for one, (matrix, *_) in zip(single, alongs, strict=True):
        frequencies.append(Frequency(slice(line, line + 2 - one), slice(term, term + len(matrix))))
        line, term = line + 2 - one, term + len(matrix)
    made = [
        Transform(down.to(dtype), [matrices[which].to(dtype) for matrices in alongs])
        for which, down in enumerate(downs)
    ]
    return Transforms(frequencies, *made)


def _lines(frequency: int, size: int, numbers: int) -> Tensor:
    """Return the real and imaginary parts of a frequency's waves at so many places, [2, numbers]."""
    angles = 2 * math.pi * frequency / size * torch.arange(numbers, dtype=torch.float64)
    return torch.stack([torch.cos(angles), -torch.sin(angles)])


def _terms(size: int, numbers: Sequence[int], real: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Return the matrices of the terms, [terms, lines x numbers], for images, filters and outputs.

    Args:
        size: how many frequencies there are along the lines.
        numbers: how many numbers a line of each has.
        real: whether there is one line, of real numbers, whose frequencies come in conjugate pairs.
    """
    own = [k for k in range(size) if real and -k % size == k]
    others = [k for k in range(size) if not real or k < -k % size]
    (a, b), (c, d), (e, f) = (_parts(others, size, count, real) for count in numbers)
    x, w, g = (_parts(own, size, count, real)[0] for count in numbers)
    weight = (2 if real else 1) / size
    return (
        torch.cat([a, b, a + b, x]),
        torch.cat([c, d, c - d, w]),
        torch.cat([weight * (e - f), weight * (e + f), weight * f, g / size]),
    )


def _parts(frequencies: Sequence[int], size: int, numbers: int, real: bool) -> tuple[Tensor, Tensor]:
    """Return the matrices of the real and imaginary parts at some frequencies, [., lines x numbers]."""
    if not frequencies:
        return (torch.zeros(0, numbers * (2 - real), dtype=torch.float64),) * 2
    waves = torch.stack([_lines(k, size, numbers) for k in frequencies])
    cosines, sines = waves[:, 0], waves[:, 1]
    if real:
        return cosines, sines
    return torch.cat([cosines, -sines], 1), torch.cat([sines, cosines], 1)
