"""Makes the layers of trunks from their shapes."""

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import skip_init

from paretocaps.models.trunks.shape import TRUNKS, ConvolutionShape, TrunkShape
from paretocaps.registry import resolve

_BLOCK = 16
"""The most channels that oneDNN computes at once."""


class NarrowProjection(nn.Conv2d):
    """A 1x1 convolution with a stride, of few channels.

    It picks the cells first, and convolves them with a stride of 1: the same values. With the stride in the
    convolution, and fewer input channels than a block of the processor has, oneDNN's gradient of the weights
    writes past its memory (uxlfoundation/oneDNN issue 6035): wrong gradients, or a crash.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return maps [B, outputs, ceil(rows / stride), ceil(columns / stride)]."""
        down, across = self.stride
        return functional.conv2d(input[..., ::down, ::across], self.weight, self.bias, groups=self.groups)


def convolution_layer(shape: ConvolutionShape) -> nn.Conv2d:
    """Return the convolution with zero padding, without its normalisation; its weights are undefined."""
    projects = shape.kernel.positions == 1 and shape.stride > 1 and not shape.padding
    layer = skip_init(  # type: ignore[no-untyped-call]
        NarrowProjection if projects and shape.inputs // shape.groups < _BLOCK else nn.Conv2d,
        shape.inputs,
        shape.outputs,
        (shape.kernel.height, shape.kernel.width),
        stride=shape.stride,
        padding=shape.padding,
        groups=shape.groups,
        bias=shape.bias,
        device=torch.get_default_device(),
    )
    return cast("nn.Conv2d", layer)


def linear_layer(inputs: int, outputs: int) -> nn.Linear:
    """Return a linear layer with a bias and undefined weights (torch's own would change global state)."""
    place = torch.get_default_device()
    layer = skip_init(nn.Linear, inputs, outputs, device=place)  # type: ignore[no-untyped-call]
    return cast("nn.Linear", layer)


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation that normalises a single value per map by the running statistics.

    torch refuses such a batch, because it has no variance: one image with maps of one cell. The last batch of
    an epoch may be of this kind.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return maps of the same shape."""
        if self.training and input.numel() == input.shape[1]:
            return functional.batch_norm(
                input,
                self.running_mean,
                self.running_var,
                self.weight,
                self.bias,
                training=False,
                eps=self.eps,
            )
        return super().forward(input)


def norm_layer(shape: ConvolutionShape) -> nn.BatchNorm2d:
    """Return the batch normalisation of the maps that a convolution writes."""
    return BatchNorm(shape.outputs)


def deep_trunk(name: str, shape: TrunkShape) -> nn.Module:
    """Return the trunk of a name in `TRUNKS` with these sizes and undefined weights.

    Its filters lie as the loader's images do, since otherwise every step would reorder images or filters.
    """
    made: nn.Module = resolve(TRUNKS.get(name).module)(shape)
    laid: nn.Module = made.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return laid


def initialise_trunk(trunk: nn.Module, shape: TrunkShape, generator: torch.Generator) -> None:
    """Initialise all convolutions of a trunk from N(0, 2 / n) with biases of 0 (He et al. 2015).

    n is the fan-out where batch normalisation follows, as is usual. Elsewhere it is the fan-in, counting only
    the cells of a filter that read maps and not zero padding (`ConvolutionShape.taps`): on the 2x2 maps of
    AlexCapsNet most of a filter reads zeros, and with the whole fan-out its features started at a hundredth
    of the image. Batch normalisation starts with weights of 1 and biases of 0.
    """
    for found in shape.convolutions:
        layer = cast("nn.Conv2d", trunk.get_submodule(found.name))
        fan = (
            found.outputs // found.groups * found.kernel.positions
            if found.norm
            else found.inputs // found.groups * found.taps
        )
        nn.init.normal_(layer.weight, std=math.sqrt(2 / fan), generator=generator)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    for module in trunk.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
