"""Computes an unpadded convolution's products from DFTs, which need fewer multiplications.

A stride of s x s splits images and filters into s x s grids each, every s-th row and column from an offset
on; the convolution is the sum over the grids of convolutions without stride, computed in tiles. The
transforms of `transforms` turn a tile's correlation with a filter into products of single numbers, and so
the sum over the channels into one matrix product per term. One transform of each tensor serves all three
products of a training step: with X, W and G the transformed images, filters and output gradients, they are
for each term r

    outputs X_r W_r',    image gradient G_r W_r,    filter gradient G_r' X_r,

transformed back by the transpose of the third tensor's transform. A thread computes the terms of one
vertical frequency at a time, so that transformed filters take little memory.

Shapes: B images, H x W pixels, C channels, K filters; M tiles, over all images.
"""

import math
import threading
from collections.abc import Callable, Iterator
from itertools import product as pairs

import torch
from torch import Tensor

from paretocaps.domain.tuning import ConvolutionShape
from paretocaps.models.geometry import Size
from paretocaps.models.products import batched_product
from paretocaps.models.shared_work import share_out
from paretocaps.models.tiles import choose_tiles
from paretocaps.models.transforms import Transform, count_terms, transforms

# The most tiles, and the most filters times channels, that are transformed at a time.
_TILES = 128
_FILTERS = 1 << 15


class Spectral:
    """The products of a convolution, in float64 for float64 and in float32 for every other dtype.

    Memory for blocks is allocated once per object.

    Args:
        shape: the convolution's sizes.
        dtype: the dtype of images, filters and output gradients.

    Attributes:
        size: rows and columns of the outputs, H' x W'.
    """

    def __init__(self, shape: ConvolutionShape, dtype: torch.dtype) -> None:
        self._dtype = torch.float64 if dtype == torch.float64 else torch.float32
        self._channels, self._filters = shape.channels, shape.filters
        self._images = Size(shape.height, shape.width)
        self._kernel = Size(shape.kernel_height, shape.kernel_width)
        self._stride = Size(shape.down, shape.across)
        sides = list(zip(self._images, self._kernel, self._stride, strict=True))
        self.size = Size(*((side - kernel) // step + 1 for side, kernel, step in sides))
        self._taps = Size(*(-(-kernel // step) for _, kernel, step in sides))
        self._tiles = choose_tiles(self.size, self._taps)
        self._made = transforms(self._tiles.outputs, self._taps, self._dtype)
        terms = [frequency.terms for frequency in self._made.frequencies]
        self._frequencies = sorted(range(len(terms)), key=lambda k: terms[k].start - terms[k].stop)
        self._memory: dict[str, Tensor] = {}

    def multiplications(self, images: int) -> int:
        """Return how many multiplications the outputs of so many images need."""
        made, tiles = self._made, images * self._tiles.count
        blocks = len(list(self._samples(images)))
        grids = math.prod(min(sizes) for sizes in zip(self._stride, self._kernel, strict=True))
        products = count_terms(self._tiles.pixels) * self._filters + made.images.multiplications
        filters = blocks * self._filters * made.filters.multiplications
        back = tiles * self._filters * made.outputs.multiplications
        return grids * self._channels * (tiles * products + filters) + back

    def outputs(self, images: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Return the outputs, [B, H', W', K], of images [B, H, W, C], filters [K, h, w, C] and bias [K]."""
        images, weight = images.to(self._dtype), weight.to(self._dtype)
        found = bias.to(self._dtype).repeat(len(images), *self.size, 1)
        for samples in self._samples(len(images)):
            sums = self._blank("sums", count_terms(self._tiles.pixels), self._rows(samples), self._filters)
            for index, grid in enumerate(self._grids()):
                image, filters = self._image_lines(images[samples][grid]), self._filter_lines(weight[grid])
                self._share_out(self._add_products, image, filters, sums, index > 0)
            back = self._blank("back", self._tiles.pixels.height, self._tiles.outputs.width, *sums.shape[1:])
            self._share_out(self._transform_back, self._made.outputs, sums, back)
            self._tiles.join(self._numbers(self._made.outputs, back), self._tiles.outputs, found[samples])
        return found

    def image_gradient(self, grad: Tensor, weight: Tensor) -> Tensor:
        """Return the gradient of the images, [B, H, W, C], from that of the outputs, [B, H', W', K]."""
        weight = weight.to(self._dtype)
        found = weight.new_zeros(len(grad), *self._images, self._channels)
        for samples in self._samples(len(grad)):
            gradient = self._gradient_terms(grad[samples].to(self._dtype))
            for grid in self._grids():
                maps, lines = found[samples][grid], self._filter_lines(weight[grid])
                back = self._blank("back", *self._tiles.pixels, self._rows(samples), maps.shape[-1])
                self._share_out(
                    self._multiply_back, self._made.images, gradient, self._filter_terms, lines, back
                )
                self._tiles.join(self._numbers(self._made.images, back), self._tiles.pixels, maps)
        return found

    def filter_gradient(self, grad: Tensor, images: Tensor) -> Tensor:
        """Return the gradient of the filters, [K, h, w, C]."""
        images = images.to(self._dtype)
        found = images.new_zeros(self._filters, *self._kernel, self._channels)
        for samples in self._samples(len(grad)):
            gradient = self._gradient_terms(grad[samples].to(self._dtype)).mT
            for grid in self._grids():
                part, lines = found[grid], self._image_lines(images[samples][grid])
                size = self._tiles.pixels.height, self._taps.width
                back = self._blank("back", *size, self._filters, part.shape[-1])
                self._share_out(
                    self._multiply_back, self._made.filters, gradient, self._image_terms, lines, back
                )
                taps = self._numbers(self._made.filters, back)
                part += taps[: part.shape[1], : part.shape[2]].permute(2, 0, 1, 3)
        return found

    def _samples(self, images: int) -> Iterator[slice]:
        """Yield runs of images that have few enough tiles for a block."""
        step = max(1, _TILES // self._tiles.count)
        return (slice(start, min(start + step, images)) for start in range(0, images, step))

    def _rows(self, samples: slice) -> int:
        """Return how many tiles, M, a run of images has."""
        return len(range(samples.start, samples.stop)) * self._tiles.count

    def _grids(self) -> Iterator[tuple[slice, ...]]:
        """Yield each grid's places in images or filters [., H, W, C], a block of channels at a time."""
        (down, across), step = self._stride, max(1, _FILTERS // self._filters)
        channels = [slice(start, start + step) for start in range(0, self._channels, step)]
        offsets = [range(min(sizes)) for sizes in zip(self._stride, self._kernel, strict=True)]
        for (row, column), some in pairs(pairs(*offsets), channels):
            yield slice(None), slice(row, None, down), slice(column, None, across), some

    def _image_lines(self, images: Tensor) -> Tensor:
        """Return the lines of a grid of images, [S, w, M, c]."""
        shape = *self._tiles.pixels, len(images) * self._tiles.count, images.shape[-1]
        pixels = self._tiles.split(images, self._tiles.pixels, self._blank("numbers", *shape))
        return self._made.images.lines(pixels, self._blank("image lines", *shape))

    def _filter_lines(self, weight: Tensor) -> Tensor:
        """Return the lines of a grid of filters, [S, w, K, c]."""
        filters, height, width, channels = weight.shape
        taps = self._blank("numbers", *self._taps, filters, channels)
        taps[height:], taps[:, width:] = 0, 0
        taps[:height, :width] = weight.permute(1, 2, 0, 3)
        lines = self._blank("filter lines", self._tiles.pixels.height, *taps.shape[1:])
        return self._made.filters.lines(taps, lines)

    def _image_terms(self, frequency: int, lines: Tensor) -> Tensor:
        """Return the terms of a vertical frequency, [R, M, c], of the lines of images."""
        return self._terms(self._made.images, frequency, lines, "image terms")

    def _filter_terms(self, frequency: int, lines: Tensor) -> Tensor:
        """Return the terms of a vertical frequency, [R, K, c], of the lines of filters."""
        return self._terms(self._made.filters, frequency, lines, "filter terms")

    def _terms(self, transform: Transform, frequency: int, lines: Tensor, name: str) -> Tensor:
        found = self._own_blank(name, len(transform.along[frequency]), *lines.shape[2:])
        return transform.terms(frequency, lines[self._made.frequencies[frequency].lines], found)

    def _gradient_terms(self, grad: Tensor) -> Tensor:
        """Return the terms of all frequencies, [R, M, K], of output gradients [B, H', W', K]."""
        tiles, transform = self._tiles, self._made.outputs
        shape = len(grad) * tiles.count, self._filters
        numbers = tiles.split(grad, tiles.outputs, self._blank("numbers", *tiles.outputs, *shape))
        lines = transform.lines(
            numbers, self._blank("back", tiles.pixels.height, tiles.outputs.width, *shape)
        )
        found = self._blank("gradient", count_terms(tiles.pixels), *shape)
        self._share_out(self._transform, transform, lines, found)
        return found

    def _share_out(self, work: Callable[..., None], *arguments: object) -> None:
        """Call `work` with each vertical frequency and the arguments, on all threads of the training."""
        share_out(lambda frequency: work(frequency, *arguments), self._frequencies)

    def _add_products(self, frequency: int, images: Tensor, filters: Tensor, sums: Tensor, add: bool) -> None:
        """Add the products of the terms of lines of images and filters to `sums`, or set them."""
        x, w = self._image_terms(frequency, images), self._filter_terms(frequency, filters)
        batched_product(x, w.mT, sums[self._made.frequencies[frequency].terms], add=add)

    def _transform(self, frequency: int, transform: Transform, lines: Tensor, terms: Tensor) -> None:
        """Set the terms of a frequency to its lines, transformed."""
        own = self._made.frequencies[frequency]
        transform.terms(frequency, lines[own.lines], terms[own.terms])

    def _transform_back(self, frequency: int, transform: Transform, terms: Tensor, lines: Tensor) -> None:
        """Set the lines of a frequency to its terms, transformed back."""
        own = self._made.frequencies[frequency]
        transform.lines_back(frequency, terms[own.terms], lines[own.lines])

    def _multiply_back(
        self,
        frequency: int,
        transform: Transform,
        left: Tensor,
        terms_of: Callable[[int, Tensor], Tensor],
        right: Tensor,
        lines: Tensor,
    ) -> None:
        """Set lines to the products of terms [R, ., k] and those, [R, k, .], of `right`, transformed back."""
        own, factors = self._made.frequencies[frequency], terms_of(frequency, right)
        products = self._own_blank("products", *left[own.terms].shape[:2], factors.shape[2])
        batched_product(left[own.terms], factors, products)
        transform.lines_back(frequency, products, lines[own.lines])

    def _numbers(self, transform: Transform, lines: Tensor) -> Tensor:
        """Return lines [S, w, ...], transformed back, [h, w, ...]."""
        return transform.numbers_back(
            lines, self._blank("numbers", transform.down.shape[1], *lines.shape[1:])
        )

    def _blank(self, name: str, *shape: int) -> Tensor:
        """Return the memory of this name, whatever is in it."""
        numbers = math.prod(shape)
        if name not in self._memory or len(self._memory[name]) < numbers:
            self._memory[name] = torch.empty(numbers, dtype=self._dtype)
        return self._memory[name][:numbers].view(shape)

    def _own_blank(self, name: str, *shape: int) -> Tensor:
        """Return the memory of this name that is this thread's own, whatever is in it."""
        return self._blank(f"{name} {threading.get_ident()}", *shape)


def needs_less(shape: ConvolutionShape, images: int) -> bool:
    """Return whether outputs for so many images need fewer multiplications by DFTs than by patches."""
    made = Spectral(shape, torch.float32)
    patches = shape.kernel_height * shape.kernel_width * made.size.positions
    return made.multiplications(images) < images * patches * shape.channels * shape.filters
