"""Computes unpadded convolutions on a CPU, as products of patch matrices where those are faster.

A convolution is the product of the matrix of all patches, one per row, with the matrix of all filters.
torch's convolutions avoid forming patches, but they reorder the 21 MB of the primary convolution's filters
at every call, which at batch 1 is most of a training step, and on the processor measured here they reach
about half the speed of a plain matrix product. So each of the three products (output, input gradient,
weight gradient) is computed in the faster way, a block of images at a time. On other devices, and in a
graph that `torch.export` makes, the convolution is torch's.

Shapes: B batch, C input channels, K filters, P output positions; N = kernel height x width x C is the size
of a patch.
"""

from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from paretocaps.models.patches import Patches
from paretocaps.models.products import has_fast_float32, product, sum_dtype

# The product of patches is faster up to this many rows of the patch matrix (B x P), for outputs, input
# gradients and weight gradients; measured with torch 2.13 on 2 Zen 5 cores.
_ALWAYS = 1 << 62
_ROWS = {
    torch.float32: (_ALWAYS, _ALWAYS, _ALWAYS),
    torch.bfloat16: (_ALWAYS, 1000, _ALWAYS),
    torch.float64: (_ALWAYS, 160, _ALWAYS),
}
_ROWS_OF_SLOW_FLOAT32 = (160, 160, 1000)


def compute_dtype(weight: Tensor) -> torch.dtype:
    """Return the dtype of matrix products with `weight`: autocast's, or its own."""
    device = weight.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else weight.dtype


def convolution(
    images: Tensor, weight: Tensor, bias: Tensor, stride: tuple[int, int], *, rectify: bool = False
) -> Tensor:
    """Return the unpadded convolution of `images`, its negative values set to zero if `rectify`.

    It computes in, and returns, autocast's dtype under autocast, and `weight`'s otherwise.

    Args:
        images: [B, C, H, W]; channels-last images are not copied.
        weight: [K, height, width, C].
        bias: [K].
        stride: steps down and across.

    Returns:
        [B, K, H', W'], in channels-last order on a CPU.
    """
    if images.device.type != "cpu" or torch.compiler.is_exporting():
        maps = functional.conv2d(images, weight.permute(0, 3, 1, 2), bias, stride)
        return functional.relu(maps, inplace=True) if rectify else maps
    dtype = compute_dtype(weight)
    return cast(Tensor, _Convolution.apply(images, weight, bias, stride, rectify, dtype))  # type: ignore[no-untyped-call]


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
        """Return what `convolution` returns."""
        inputs, filters = images.to(dtype), weight.to(dtype)
        patches = Patches(_channels_last(inputs), _kernel(weight), stride)
        with torch.autocast("cpu", enabled=False):
            maps = _outputs(patches, filters, bias.to(dtype), rectify)
        ctx.save_for_backward(patches.images, filters, *([maps] if rectify else []))
        ctx.stride, ctx.dtypes = stride, (images.dtype, weight.dtype, bias.dtype)
        return maps.permute(0, 3, 1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of images, weight and bias."""
        images, weight, *maps = ctx.saved_tensors
        patches = Patches(images, _kernel(weight), ctx.stride)
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


def _multiplied(patches: Patches, which: int) -> bool:
    """Return whether product `which` is computed from patches.

    Args:
        patches: the patches.
        which: 0 for outputs, 1 for the input gradient, 2 for the weight gradient.
    """
    height, width = patches.size
    dtype = patches.images.dtype
    limits = _ROWS.get(dtype, (0, 0, 0))
    if dtype == torch.float32 and not has_fast_float32():
        limits = _ROWS_OF_SLOW_FLOAT32
    return (patches.narrow and which != 1) or len(patches.images) * height * width <= limits[which]


def _outputs(patches: Patches, weight: Tensor, bias: Tensor, rectify: bool) -> Tensor:
    """Return the outputs, [B, H', W', K]."""
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


def _image_gradient(patches: Patches, grad: Tensor, weight: Tensor) -> Tensor:
    """Return the gradient of the images, [B, C, H, W], from that of the outputs, [B, H', W', K]."""
    if not _multiplied(patches, 1):
        images_grad: Tensor = _backward(patches, grad, weight, (True, False))[0]
        return images_grad
    sums = torch.zeros_like(patches.images, dtype=sum_dtype(grad))
    for rows in patches.rows(len(weight)):
        filters = weight[:, rows].flatten(1).contiguous()
        for samples in patches.samples(len(weight), rows):
            products = product(grad[samples].flatten(0, 2), filters)
            patches.add_back(sums[samples], products, rows)
    return sums.permute(0, 3, 1, 2).to(grad.dtype)


def _filter_gradients(
    patches: Patches, grad: Tensor, mask: Tensor | None, weight: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the gradients of weight, [K, h, w, C], and bias, [K], in float32 or float64."""
    filters = len(weight)
    if not _multiplied(patches, 2):
        masked = _rectified(grad, mask)
        return _channels_last(_backward(patches, masked, weight, (False, True))[1]), masked.sum((0, 1, 2))
    parts, bias = [], grad.new_zeros(filters, dtype=sum_dtype(grad))
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
    """Return the gradient of the input of the ReLU that returned `maps`; `grad` itself without a ReLU."""
    return grad if maps is None else torch.ops.aten.threshold_backward(grad, maps, 0)


def _backward(patches: Patches, grad: Tensor, weight: Tensor, wanted: tuple[bool, bool]) -> Any:
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
