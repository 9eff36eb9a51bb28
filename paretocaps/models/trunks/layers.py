"""The layers that trunks are put together from, made from their shapes."""

import torch
from torch import nn

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


def norm_layer(shape: ConvolutionShape) -> nn.BatchNorm2d:
    """Return the batch normalisation of the maps that a convolution writes."""
    return nn.BatchNorm2d(shape.outputs)


def draw_trunk(trunk: nn.Module, generator: torch.Generator) -> None:
    """Draw all convolutions of a trunk from N(0, 2 / fan-out) (He et al. 2015), their biases 0.

    Batch normalisation starts with weights of 1 and biases of 0.
    """
    for layer in trunk.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu", generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d):
            layer.reset_parameters()
