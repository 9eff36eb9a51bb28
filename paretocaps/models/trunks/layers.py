"""The layers that trunks are put together from, made from their shapes."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from paretocaps.models.trunks.shape import ConvolutionShape


def convolution_layer(shape: ConvolutionShape) -> nn.Conv2d:
    """Return the convolution, its normalisation apart; zeros around the maps."""
    return nn.Conv2d(
        shape.inputs,
        shape.outputs,
        (shape.kernel.height, shape.kernel.width),
        stride=shape.stride,
        padding=shape.padding,
        groups=shape.groups,
        bias=shape.bias,
    )


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation that takes a single value a map by the statistics so far.

    torch refuses it: one image with maps of one cell, as the last batch of an epoch may be, has no variance.
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


def draw_trunk(trunk: nn.Module, generator: torch.Generator) -> None:
    """Draw all convolutions of a trunk from N(0, 2 / fan-out) (He et al. 2015), their biases 0.

    The fan-out of a depthwise convolution is its kernel: each of its filters writes one map. Batch
    normalisation starts with weights of 1 and biases of 0.
    """
    for layer in trunk.modules():
        if isinstance(layer, nn.Conv2d):
            fan_out = len(layer.weight) // layer.groups * math.prod(layer.kernel_size)
            nn.init.normal_(layer.weight, std=math.sqrt(2 / fan_out), generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d):
            layer.reset_parameters()
