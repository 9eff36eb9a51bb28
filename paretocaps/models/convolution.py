"""Unpadded convolutions for processors: as products of patch matrices where those are faster.

A convolution is a product of the matrix of all patches, one a row, with the matrix of all filters.
torch's convolutions avoid forming patches, which pays for large batches in float32, but they
reorder the 21 MB of the primary convolution's filters at every call, which at batch 1 is most of a
training step, and their bfloat16 weight gradients and one-channel convolutions are slow. So each
of the three products (output, input gradient, weight gradient) is formed in the faster way. On other
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

_CACHED_BYTES = 16 << 20  # patches and outputs handled at once, to stay in the last-level cache
_WIDE = 1 << 18  # filters larger than this are costlier to add up over blocks than to split by rows

# Rows of the patch matrix (B x P) up to which the product of patches is the faster way, by data type,
# for outputs, input gradients and weight gradients; measured with torch 2.13 on 2 Zen 5 cores.
_ALWAYS = 1 << 62
_ROWS = {
    torch.float32: (160, 160, 1000),
    torch.bfloat16: (_ALWAYS, 320, _ALWAYS),
    torch.float64: (_ALWAYS, 160, _ALWAYS),
}
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
    def row_bytes(self) -> int:
        """Bytes of one sample's patches, of one kernel row."""
        height, width = self.size
        channels = self.images.shape[-1]
        return height * width * self.kernel[1] * channels * self.images.element_size()

    def matrix(self, samples: slice, rows: slice) -> Tensor:
        """Return the patches of some samples, cut to some kernel rows: [b x P, rows x width x C]."""
        images = self.images[samples]
        sample, line, column, _ = images.stride()
        shape = (len(images), *self.size, rows.stop - rows.start, self.kernel[1] * images.shape[-1])
        strides = (sample, line * self.stride[0], column * self.stride[1], line, 1)
        patches = images.as_strided(shape, strides, images.storage_offset() + rows.start * line)
        return patches.reshape(-1, shape[3] * shape[4])


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
                masked = grad if mask is None else grad * (mask > 0)
                images_grad = _image_gradient(patches, masked, weight).to(ctx.dtypes[0])
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
    narrow = patches.kernel[0] * patches.kernel[1] * images.shape[-1] <= _NARROW
    limit = _ROWS.get(images.dtype, (0, 0, 0))[which]
    return (narrow and which != 1) or len(images) * height * width <= limit


def _samples(patches: _Patches, filters: int) -> Iterator[slice]:
    """Yield the samples in runs whose patches and outputs are small enough to stay in cache."""
    height, width = patches.size
    outputs = height * width * filters * patches.images.element_size()
    step = max(1, _CACHED_BYTES // (patches.row_bytes * patches.kernel[0] + outputs))
    total = len(patches.images)
    return (slice(start, min(start + step, total)) for start in range(0, total, step))


def _outputs(patches: _Patches, weight: Tensor, bias: Tensor, rectify: bool) -> Tensor:
    """[B, H', W', K]."""
    if not _multiplied(patches, 0):
        images = patches.images.permute(0, 3, 1, 2)
        maps = _channels_last(functional.conv2d(images, weight.permute(0, 3, 1, 2), bias, patches.stride))
        return maps.relu_() if rectify else maps
    filters = weight.flatten(1)
    maps = weight.new_empty(len(patches.images), *patches.size, len(weight))
    for samples in _samples(patches, len(weight)):
        block = maps[samples].view(-1, len(weight))
        torch.addmm(bias, patches.matrix(samples, slice(0, patches.kernel[0])), filters.t(), out=block)
        if rectify:
            block.relu_()
    return maps


def _image_gradient(patches: _Patches, grad: Tensor, weight: Tensor) -> Tensor:
    """[B, C, H, W], from the gradient [B, H', W', K] of the outputs."""
    images = patches.images.permute(0, 3, 1, 2)
    if not _multiplied(patches, 1):
        images_grad: Tensor = _backward(patches, grad, weight, (True, False))[0]
        return images_grad
    (height, width), (down, across) = patches.size, patches.kernel
    products = (grad.flatten(0, 2) @ weight.flatten(1)).view(*grad.shape[:3], down, across, -1)
    sums = torch.zeros_like(patches.images, dtype=_sum_dtype(grad))
    (row_step, column_step) = patches.stride
    for row in range(down):
        lines = sums[:, row : row + height * row_step : row_step]
        for column in range(across):
            cells = lines[:, :, column : column + width * column_step : column_step]
            cells += products[:, :, :, row, column]
    return sums.permute(0, 3, 1, 2).to(images.dtype)


def _filter_gradients(
    patches: _Patches, grad: Tensor, mask: Tensor | None, weight: Tensor
) -> tuple[Tensor, Tensor]:
    """Gradients of weight, [K, h, w, C], and bias, [K], in float32 at least."""
    filters = len(weight)
    if not _multiplied(patches, 2):
        masked = grad if mask is None else grad * (mask > 0)
        return _channels_last(_backward(patches, masked, weight, (False, True))[1]), masked.sum((0, 1, 2))
    down, across, channels = weight.shape[1:]
    total = grad.new_empty(filters, down * across * channels, dtype=_sum_dtype(grad))
    bias = grad.new_zeros(filters, dtype=total.dtype)
    for samples in _filter_samples(patches, weight):
        block = grad[samples] if mask is None else torch.where(mask[samples] > 0, grad[samples], 0)
        block = block.view(-1, filters)
        bias += block.sum(0, dtype=total.dtype)
        for rows in _filter_rows(patches, weight):
            out = total[:, rows.start * across * channels : rows.stop * across * channels]
            _add_product(out, block.t(), patches.matrix(samples, rows), first=samples.start == 0)
    return total.view(weight.shape), bias


def _filter_samples(patches: _Patches, weight: Tensor) -> Iterator[slice]:
    return iter([slice(0, len(patches.images))]) if weight.numel() > _WIDE else _samples(patches, len(weight))


def _filter_rows(patches: _Patches, weight: Tensor) -> Iterator[slice]:
    down = patches.kernel[0]
    step = down
    if weight.numel() > _WIDE:
        # A product that is converted afterwards should still be in cache then.
        step = (
            1
            if weight.dtype != _sum_dtype(weight)
            else _CACHED_BYTES // patches.row_bytes // len(patches.images)
        )
        step = min(down, max(1, step))
    return (slice(start, min(start + step, down)) for start in range(0, down, step))


def _add_product(out: Tensor, left: Tensor, right: Tensor, *, first: bool) -> None:
    if first and out.dtype == left.dtype:
        torch.mm(left, right, out=out)
    elif out.dtype == left.dtype:
        out.addmm_(left, right)
    elif first:
        out.copy_(left @ right)
    else:
        out += left @ right


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
