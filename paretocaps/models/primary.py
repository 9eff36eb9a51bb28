"""The primary capsules: a convolution whose channels, eight at a time, are the poses of capsules."""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from paretocaps.models.capsules import at_least_float32, squash, squash_gradient, squash_scale
from paretocaps.models.convolution import convolution
from paretocaps.models.exporting import is_exporting
from paretocaps.models.geometry import Size
from paretocaps.models.products import in_dtype


class PrimaryCapsules(nn.Module):
    """An unpadded convolution to `types` maps of capsules with `dimensions` numbers each.

    Capsules are squashed unless `squashed` is False, as for em's states (a pose matrix and an activation).

    A capsule consists of the channels of one type *at one position*: channels t * E ... t * E + E - 1 of cell
    p are capsule t * P + p (Sabour et al. 2017, section 4). A plain view of the feature maps would
    instead make capsules of neighbouring cells of one channel.
    """

    def __init__(
        self,
        channels: int,
        types: int,
        dimensions: int,
        kernel: Size,
        stride: int,
        *,
        squashed: bool = True,
    ) -> None:
        super().__init__()
        self.stride = stride
        self.types, self.squashed = types, squashed
        self.weight = nn.Parameter(torch.empty(types * dimensions, *kernel, channels))
        self.bias = nn.Parameter(torch.empty(types * dimensions))

    def forward(self, features: Tensor) -> Tensor:
        """Return capsules [B, T * P, E] for features [B, K, H, W], in float32 or float64.

        Their order in memory is [E, T * P, B], as routing needs it.
        """
        maps = convolution(features, self.weight, self.bias, (self.stride, self.stride))
        if self.squashed:
            return squashed_capsules(maps, self.types).permute(2, 1, 0)
        return at_least_float32(as_capsules(maps, self.types)).permute(2, 1, 0)

    def filters(self) -> Tensor:
        """Return the filters by type and by the channel that they read, [T, E * height * width, K]."""
        return self.weight.view(self.types, -1, self.weight.shape[-1])


def as_capsules(maps: Tensor, types: int) -> Tensor:
    """Return [E, T * P, B], contiguous, from feature maps [B, T * E, H, W]."""
    batch, filters, height, width = maps.shape
    split = maps.view(batch, types, filters // types, height * width)
    return split.permute(2, 1, 3, 0).contiguous().flatten(1, 2)


def squashed_capsules(maps: Tensor, types: int) -> Tensor:
    """Return `as_capsules`, squashed, in float32 or float64; one operation with its own backward pass."""
    if is_exporting():
        return squash(as_capsules(maps, types), dim=0)
    return cast(Tensor, _Squashed.apply(maps, types))  # type: ignore[no-untyped-call]


class _Squashed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, maps: Tensor, types: int) -> Tensor:
        """As `squashed_capsules`."""
        ctx.types, ctx.shape, ctx.dtype = types, maps.shape, maps.dtype
        capsules = at_least_float32(as_capsules(maps, types))
        ctx.save_for_backward(capsules)
        return capsules * squash_scale(capsules, dim=0)[0]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        """Gradient of the maps, channels last in memory."""
        (capsules,) = ctx.saved_tensors
        batch, filters, height, width = ctx.shape
        found = squash_gradient(grad, capsules, 0, squash_scale(capsules, 0)).view(
            -1, ctx.types, height * width, batch
        )
        by_cell = in_dtype(found, ctx.dtype).permute(3, 2, 1, 0).reshape(batch, height, width, filters)
        return by_cell.permute(0, 3, 1, 2), None
