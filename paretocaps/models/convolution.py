"""Unpadded convolutions for processors: as products of patch matrices where those are faster.

A convolution is a product of the matrix of all patches, one a row, with the matrix of all filters.
torch's convolutions avoid forming patches, but they reorder the 21 MB of the primary convolution's
filters at every call, which at batch 1 is most of a training step, and reach about half the speed of a
plain product of matrices on the processor this was measured on. So each of the three products (output,
input gradient, weight gradient) is formed in the faster way, a block of samples at a time. On other
devices than a CPU the convolution is torch's.

Shapes: B batch, C input channels, K filters, P output positions; N = kernel height x width x C, a patch.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from paretocaps.models.products import has_fast_float32, product

# Bytes of patches and outputs handled at once: of whole patches, and of single rows of them.
_BLOCK_BYTES = 24 << 20
_ROW_BLOCK_BYTES = 8 << 20

# Rows of the patch matrix (B x P) up to which the product of patches is the faster way, for outputs,
# input gradients and weight gradients; measured with torch 2.13 on 2 Zen 5 cores.
_ALWAYS = 1 << 62
_ROWS = {
    torch.float32: (_ALWAYS, _ALWAYS, _ALWAYS),
    torch.bfloat16: (_ALWAYS, 320, _ALWAYS),
    torch.float64: (_ALWAYS, 160, _ALWAYS),
}
_ROWS_OF_SLOW_FLOAT32 = (160, 160, 1000)
_NARROW = 256  # patches of up to this many numbers are always multiplied out


def compute_dtype(weight: Tensor) -> torch.dtype:
    """Return what matrix products with `weight` are computed in: autocast's dtype, or its own."""
    device = weight.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else weight.dtype


def convolution(
    images: Tensor, weight: Tensor, bias: Tensor, stride: tuple[int, int], *, rectify: bool = False
) -> Tensor:
    """Return the unpadded convolution of `images`, its negative values set to zero if `rectify`.

    Under autocast it computes in, and returns, autocast's dtype, and `weight`'s otherwise.

    Args:
        images: [B, C, H, W]; channels-last images are not copied.
        weight: [K, height, width, C].
        bias: [K].
        stride: down and across.

    Returns:
        [B, K, H', W'], in channels-last order on a CPU.
    """
    if images.device.type != "cpu":
        maps = functional.conv2d(images, weight.permute(0, 3, 1, 2), bias, stride)
        return functional.relu(maps, inplace=True) if rectify else maps
    dtype = compute_dtype(weight)
    return cast(Tensor, _Convolution.apply(images, weight, bias, stride, rectify, dtype))  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class _Patches:
    """The patches of channels-last images [B, H, W, C]."""

    images: Tensor
    kernel: tuple[int, int]
    stride: tuple[int, int]

    @property
    def size(self) -> tuple[int, int]:
        """Output rows and columns."""
        _, height, width, _ = self.images.shape
        (down, across), (row, column) = self.kernel, self.stride
        return (height - down) // row + 1, (width - across) // column + 1

    @property
    def numbers(self) -> int:
        """Numbers in a patch."""
        return self.kernel[0] * self.kernel[1] * self.images.shape[-1]

    @property
    def all_rows(self) -> slice:
        """The kernel rows of whole patches."""
        return slice(0, self.kernel[0])

    def rows(self, filters: int) -> list[slice]:
        """Return the kernel rows to handle at once: all, or one by one where there is much to add up."""
        if self.numbers <= _NARROW or len(list(self.samples(filters, self.all_rows))) <= 1:
            return [self.all_rows]
        return [slice(row, row + 1) for row in range(self.kernel[0])]

    def matrix(self, samples: slice, rows: slice) -> Tensor:
        """Return some rows of the patches of some samples, [b x P, rows x width x C]."""
        images = self.images[samples, rows.start :]
        sample, line, column, _ = images.stride()
        shape = (len(images), *self.size, rows.stop - rows.start, self.kernel[1] * images.shape[-1])
        strides = (sample, line * self.stride[0], column * self.stride[1], line, 1)
        return images.as_strided(shape, strides).reshape(-1, shape[3] * shape[4])

    def samples(self, filters: int, rows: slice) -> Iterator[slice]:
        """Yield the samples in runs small enough for some rows of their patches to be handled at once."""
        share = (rows.stop - rows.start) / self.kernel[0]
        height, width = self.size
        used = height * width * (self.numbers * share + filters) * self.images.element_size()
        limit = _BLOCK_BYTES if share == 1 else _ROW_BLOCK_BYTES
        step = max(1, int(limit / used))
        return (slice(start, start + step) for start in range(0, len(self.images), step))


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        images: Tensor,
        weight: Tensor,
        bias: Tensor,
        stride: tuple[int, int],
        rectify: bool,
        dtype: torch.dtype,
    ) -> Tensor:
        inputs, filters = images.to(dtype), weight.to(dtype)
        patches = _Patches(_channels_last(inputs), _kernel(weight), stride)
        with torch.autocast("cpu", enabled=False):
            maps = _outputs(patches, filters, bias.to(dtype), rectify)
        ctx.save_for_backward(patches.images, filters, *([maps] if rectify else []))
        ctx.stride, ctx.dtypes = stride, (images.dtype, weight.dtype, bias.dtype)
        return maps.permute(0, 3, 1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        images, weight, *maps = ctx.saved_tensors
        patches = _Patches(images, _kernel(weight), ctx.stride)
        grad = _channels_last(grad.to(weight.dtype))
        mask = maps[0] if maps else None
        images_grad = None
        with torch.autocast("cpu", enabled=False):
            weight_grad, bias_grad = _filter_gradients(patches, grad, mask, weight)
            if ctx.needs_input_grad[0]:
                images_grad = _image_gradient(patches, _rectified(grad, mask), weight).to(ctx.dtypes[0])
        _, weight_dtype, bias_dtype = ctx.dtypes
        return images_grad, weight_grad.to(weight_dtype), bias_grad.to(bias_dtype), None, None, None


def _kernel(weight: Tensor) -> tuple[int, int]:
    return weight.shape[1], weight.shape[2]


def _channels_last(maps: Tensor) -> Tensor:
    return maps.permute(0, 2, 3, 1).contiguous()


def _multiplied(patches: _Patches, which: int) -> bool:
    """Whether product `which` (0 outputs, 1 input gradient, 2 weight gradient) is formed from patches."""
    height, width = patches.size
    images = patches.images
    narrow = patches.numbers <= _NARROW
    limits = _ROWS.get(images.dtype, (0, 0, 0))
    if images.dtype == torch.float32 and not has_fast_float32():
        limits = _ROWS_OF_SLOW_FLOAT32
    return (narrow and which != 1) or len(images) * height * width <= limits[which]


def _outputs(patches: _Patches, weight: Tensor, bias: Tensor, rectify: bool) -> Tensor:
    """[B, H', W', K]."""
    if not _multiplied(patches, 0):
        images = patches.images.permute(0, 3, 1, 2)
        maps = _channels_last(functional.conv2d(images, weight.permute(0, 3, 1, 2), bias, patches.stride))
        return maps.relu_() if rectify else maps
    filters = weight.flatten(1).t()
    maps = weight.new_empty(len(patches.images), *patches.size, len(weight))
    for samples in patches.samples(len(weight), patches.all_rows):
        block = product(patches.matrix(samples, patches.all_rows), filters, bias).view_as(maps[samples])
        torch.clamp_min(block, 0, out=maps[samples]) if rectify else maps[samples].copy_(block)
    return maps


def _image_gradient(patches: _Patches, grad: Tensor, weight: Tensor) -> Tensor:
    """[B, C, H, W], from the gradient [B, H', W', K] of the outputs."""
    if not _multiplied(patches, 1):
        images_grad: Tensor = _backward(patches, grad, weight, (True, False))[0]
        return images_grad
    sums = torch.zeros_like(patches.images, dtype=_sum_dtype(grad))
    for rows in patches.rows(len(weight)):
        filters = weight[:, rows].flatten(1).contiguous()
        for samples in patches.samples(len(weight), rows):
            products = product(grad[samples].flatten(0, 2), filters)
            _add_patches(sums[samples], products, rows, patches)
    return sums.permute(0, 3, 1, 2).to(grad.dtype)


def _add_patches(sums: Tensor, products: Tensor, rows: slice, patches: _Patches) -> None:
    """Add some rows of patches, [b x P, rows x width x C], to the places [b, H, W, C] they came from."""
    (height, width), (down, across) = patches.size, patches.stride
    products = products.view(len(sums), height, width, -1, patches.kernel[1], sums.shape[-1])
    for row in range(rows.start, rows.stop):
        lines = sums[:, row : row + height * down : down]
        for column in range(patches.kernel[1]):
            cells = lines[:, :, column : column + width * across : across]
            cells += products[:, :, :, row - rows.start, column]


def _filter_gradients(
    patches: _Patches, grad: Tensor, mask: Tensor | None, weight: Tensor
) -> tuple[Tensor, Tensor]:
    """Gradients of weight, [K, h, w, C], and bias, [K], in float32 at least."""
    filters = len(weight)
    if not _multiplied(patches, 2):
        masked = _rectified(grad, mask)
        return _channels_last(_backward(patches, masked, weight, (False, True))[1]), masked.sum((0, 1, 2))
    parts, bias = [], grad.new_zeros(filters, dtype=_sum_dtype(grad))
    for rows in patches.rows(filters):
        part = bias.new_zeros(())
        for samples in patches.samples(filters, rows):
            block = _rectified(grad[samples], None if mask is None else mask[samples]).view(-1, filters)
            if rows.start == 0:
                bias += block.sum(0, dtype=bias.dtype)
            products = product(block.t(), patches.matrix(samples, rows)).to(bias.dtype)
            part = products if samples.start == 0 else part.add_(products)
        parts.append(part.view(filters, -1, *weight.shape[2:]))
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1), bias


def _rectified(grad: Tensor, maps: Tensor | None) -> Tensor:
    """The gradient before a ReLU that gave `maps`, or without one."""
    return grad if maps is None else torch.ops.aten.threshold_backward(grad, maps, 0)


def _backward(patches: _Patches, grad: Tensor, weight: Tensor, wanted: tuple[bool, bool]) -> Any:
    return torch.ops.aten.convolution_backward(
        grad.permute(0, 3, 1, 2),
        patches.images.permute(0, 3, 1, 2),
        weight.permute(0, 3, 1, 2),
        None,
        list(patches.stride),
        [0, 0],
        [1, 1],
        False,
        [0, 0],
        1,
        [*wanted, False],
    )


def _sum_dtype(tensor: Tensor) -> torch.dtype:
    return torch.float64 if tensor.dtype == torch.float64 else torch.float32
