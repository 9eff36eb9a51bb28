"""Computes unpadded convolutions in the forms that were chosen for their shape.

A convolution is the product of the matrix of all patches, one per row, with the matrix of all filters.
torch's convolutions avoid forming patches, but they reorder the filters at every call, 21 MB in the primary
convolution, and on many processors they reach less than the speed of a plain matrix product. Which is faster
depends on processor, shape and number of images: each of the three products (outputs, image gradient, filter
gradient) is computed in the form that the tuning in force names, patches a block of images at a time. The
third form, `spectral`, needs fewer multiplications where filters and numbers of images are large. Where no
forms were chosen, these are patches on a CPU; on other devices, and always in a graph that `torch.export`
makes, the convolution is then torch's.

Shapes: B batch, C input channels, K filters, P output positions; N = kernel height x width x C is the size
of a patch.
"""

from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from paretocaps.domain.tuning import DEFAULT_FORMS, ConvolutionShape, Form, Products
from paretocaps.models.exporting import is_exporting
from paretocaps.models.patches import Patches
from paretocaps.models.products import in_dtype, product, sum_dtype, without_autocast
from paretocaps.models.spectral import Spectral
from paretocaps.models.tuned import Computed, forms_in_force, note


def compute_dtype(weight: Tensor) -> torch.dtype:
    """Return the dtype of matrix products with `weight`: autocast's, or its own."""
    device = weight.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else weight.dtype


def shape_of(images: Tensor, weight: Tensor, stride: tuple[int, int]) -> ConvolutionShape:
    """Return the shape that a tuning knows a convolution by; arguments as for `convolution`."""
    (filters, height, width, channels), (rows, columns) = weight.shape, images.shape[2:]
    return ConvolutionShape(channels, rows, columns, filters, height, width, *stride)


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
    shape = shape_of(images, weight, stride)
    if not torch.compiler.is_compiling():
        note(Computed(shape, weight, rectify, images.requires_grad))
    forms = None if is_exporting() else forms_in_force(shape)
    if is_exporting() or (forms is None and images.device.type != "cpu"):
        maps = functional.conv2d(images, weight.permute(0, 3, 1, 2), bias, stride)
        return functional.relu(maps, inplace=True) if rectify else maps
    settings = stride, rectify, compute_dtype(weight), forms or DEFAULT_FORMS.each
    return cast(Tensor, _Convolution.apply(images, weight, bias, *settings))  # type: ignore[no-untyped-call]


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
        forms: tuple[Form, Form, Form],
    ) -> Tensor:
        """Return what `convolution` returns."""
        inputs, filters = in_dtype(images, dtype), in_dtype(weight, dtype)
        patches = Patches(_channels_last(inputs), _kernel(weight), stride)
        with without_autocast(images.device.type):
            maps = _outputs(patches, filters, in_dtype(bias, dtype), rectify, forms[0])
        ctx.save_for_backward(patches.images, filters, *([maps] if rectify else []))
        ctx.stride, ctx.forms, ctx.dtypes = stride, forms, (images.dtype, weight.dtype, bias.dtype)
        return maps.permute(0, 3, 1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of images, weight and bias."""
        images, weight, *maps = ctx.saved_tensors
        patches = Patches(images, _kernel(weight), ctx.stride)
        grad = _channels_last(in_dtype(grad, weight.dtype))
        mask = maps[0] if maps else None
        _, of_images, of_filters = ctx.forms
        found: list[Tensor | None] = [None, None, None]
        with without_autocast(grad.device.type):
            if ctx.needs_input_grad[1] or ctx.needs_input_grad[2]:
                found[1:] = _filter_gradients(patches, grad, mask, weight, of_filters)
            if ctx.needs_input_grad[0]:
                found[0] = _image_gradient(patches, _rectified(grad, mask), weight, of_images)
        kept = (x if x is None else in_dtype(x, dtype) for x, dtype in zip(found, ctx.dtypes, strict=True))
        return *kept, None, None, None, None


def _kernel(weight: Tensor) -> tuple[int, int]:
    return weight.shape[1], weight.shape[2]


def _library(form: Form) -> Products:
    """Return the library that multiplies the patches of a form."""
    return "onednn" if form == "onednn" else "torch"


def _channels_last(maps: Tensor) -> Tensor:
    return maps.permute(0, 2, 3, 1).contiguous()


def _outputs(patches: Patches, weight: Tensor, bias: Tensor, rectify: bool, form: Form) -> Tensor:
    """Return the outputs, [B, H', W', K]."""
    if form == "torch":
        images = patches.images.permute(0, 3, 1, 2)
        maps = _channels_last(functional.conv2d(images, weight.permute(0, 3, 1, 2), bias, patches.stride))
        return maps.relu_() if rectify else maps
    if form == "spectral":
        maps = _spectral(patches, weight).outputs(patches.images, weight, bias)
        return (maps.relu_() if rectify else maps).to(weight.dtype)
    filters, library = weight.flatten(1).t(), _library(form)
    size = len(patches.images), *patches.size, len(weight)
    runs = list(patches.samples(len(weight), patches.all_rows))
    if len(runs) == 1:
        maps = product(patches.matrix(runs[0], patches.all_rows), filters, bias, library).view(size)
        return maps.relu_() if rectify else maps
    maps = weight.new_empty(size)
    for samples in runs:
        block = product(patches.matrix(samples, patches.all_rows), filters, bias, library)
        block = block.view_as(maps[samples])
        torch.clamp_min(block, 0, out=maps[samples]) if rectify else maps[samples].copy_(block)
    return maps


def _image_gradient(patches: Patches, grad: Tensor, weight: Tensor, form: Form) -> Tensor:
    """Return the gradient of the images, [B, C, H, W], from that of the outputs, [B, H', W', K]."""
    if form == "torch":
        images_grad: Tensor = _backward(patches, grad, weight, (True, False))[0]
        return images_grad
    if form == "spectral":
        found = _spectral(patches, weight).image_gradient(grad, weight)
        return found.permute(0, 3, 1, 2).to(grad.dtype)
    blocks = patches.rows(len(weight))
    runs = list(patches.samples(len(weight), blocks[0]))
    if len(blocks) == len(runs) == 1 and grad.dtype == sum_dtype(grad):
        products = product(grad.flatten(0, 2), weight.flatten(1), by=_library(form))
        return patches.added_up(products).permute(0, 3, 1, 2)
    sums = torch.zeros_like(patches.images, dtype=sum_dtype(grad))
    for rows in blocks:
        filters = weight[:, rows].flatten(1).contiguous()
        for samples in patches.samples(len(weight), rows):
            products = product(grad[samples].flatten(0, 2), filters, by=_library(form))
            patches.add_back(sums[samples], products, rows)
    return sums.permute(0, 3, 1, 2).to(grad.dtype)


def _filter_gradients(
    patches: Patches, grad: Tensor, mask: Tensor | None, weight: Tensor, form: Form
) -> tuple[Tensor, Tensor]:
    """Return the gradients of weight, [K, h, w, C], and bias, [K], in float32 or float64."""
    filters = len(weight)
    if form in ("torch", "spectral"):
        masked = _rectified(grad, mask)
        sums = masked.sum((0, 1, 2), dtype=sum_dtype(grad))
        if form == "spectral":
            return _spectral(patches, weight).filter_gradient(masked, patches.images), sums
        return _channels_last(_backward(patches, masked, weight, (False, True))[1]), sums
    bias: Tensor | None = None
    parts: list[Tensor] = []
    for rows in patches.rows(filters):
        part: Tensor | None = None
        for samples in patches.samples(filters, rows):
            taken = _taken(mask, samples) if mask is not None else None
            block = _rectified(_taken(grad, samples), taken).view(-1, filters)
            if rows.start == 0:
                bias = _added(bias, block.sum(0, dtype=sum_dtype(grad)))
            products = product(block.t(), patches.matrix(samples, rows), by=_library(form))
            part = _added(part, in_dtype(products, sum_dtype(grad)))
        assert part is not None
        parts.append(part.view(filters, -1, *weight.shape[2:]))
    assert bias is not None
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1), bias


def _taken(maps: Tensor, samples: slice) -> Tensor:
    """Return some of the maps; `maps` itself, without an operation, where these are all."""
    return maps if samples.start == 0 and samples.stop >= len(maps) else maps[samples]


def _added(total: Tensor | None, part: Tensor) -> Tensor:
    return part if total is None else total.add_(part)


def _spectral(patches: Patches, weight: Tensor) -> Spectral:
    return Spectral(shape_of(patches.images.permute(0, 3, 1, 2), weight, patches.stride), weight.dtype)


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
