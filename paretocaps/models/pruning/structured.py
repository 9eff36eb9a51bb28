"""Finds the tensors of a deep trunk that share channels, and each channel's importance (torch-pruning)."""

import copy
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from paretocaps.errors import ParetocapsError
from paretocaps.models.families.capsnet import CapsNet

_WRITTEN = {
    "prune_out_channels": ("weight", "bias", "running_mean", "running_var"),
    "prune_in_channels": ("weight",),
}
_DIMS = {"prune_out_channels": 0, "prune_in_channels": 1}


@dataclass(frozen=True)
class ChannelGroup:
    """Channels that several tensors share, so that a channel is removed from all of them at once.

    Attributes:
        importance: [W], how much each channel matters.
        convolutions: numbers, in the trunk's shape, of the convolutions that write the channels.
        dims: for each tensor of the trunk, by its name, the dimension of the channels.
    """

    importance: Tensor
    convolutions: tuple[int, ...]
    dims: Mapping[str, int]


def channel_groups(network: CapsNet) -> tuple[ChannelGroup, ...]:
    """Return the groups of channels of the network's deep trunk, in the order of its shape's `groups`.

    torch-pruning finds the dependencies: additions, depthwise convolutions, normalisations and readers. A
    channel's importance is the mean, over the convolutions of its group, of the L1 norm of the filters that
    write it and of the weights that read it (EagleEye prunes by the L1 norm of filters). The network is not
    changed.

    Raises:
        ParetocapsError: torch-pruning ties other convolutions together than the shape does.
    """
    import torch_pruning

    shape, a = network.architecture.trunk_shape, network.architecture
    # in this copy all parameters need gradients, by which the dependencies are traced
    trunk = copy.deepcopy(network.trunk).float().cpu().eval().requires_grad_(True)
    names = {module: name for name, module in trunk.named_modules()}
    measure = torch_pruning.importance.MagnitudeImportance(
        p=1, group_reduction="mean", normalizer=None, target_types=[nn.Conv2d]
    )
    found = []
    with warnings.catch_warnings(), torch.enable_grad():
        warnings.simplefilter("ignore")  # it warns about modules that are no layer, and uses deprecated calls
        graph = torch_pruning.DependencyGraph()
        graph.build_dependency(trunk, torch.rand(1, a.channels, *a.input_size))
        for numbers in shape.groups:
            convolution = shape.convolutions[numbers[0]]
            layer = trunk.get_submodule(convolution.name)
            every = list(range(convolution.outputs))
            group = graph.get_pruning_group(layer, torch_pruning.prune_conv_out_channels, idxs=every)
            dims = dict(_dims(group, names))
            written = {name.removesuffix(".weight") for name, dim in dims.items() if dim == 0}
            tied = tuple(n for n, other in enumerate(shape.convolutions) if other.name in written)
            if tied != numbers:
                raise ParetocapsError(
                    f"{a.trunk}: {convolution.name} is tied to {tied}, but its shape has {numbers}"
                )
            found.append(ChannelGroup(measure(group), numbers, dims))
    return tuple(found)


def _dims(group: Any, names: Mapping[nn.Module, str]) -> Iterator[tuple[str, int]]:
    """Yield each tensor that has a group's channels, and the dimension of these channels."""
    for dependency, _ in group:
        module, cut = dependency.target.module, dependency.handler.__name__
        if module not in names or cut not in _DIMS:
            continue  # an addition or a ReLU has no channels of its own
        if isinstance(module, nn.Conv2d) and module.groups > 1:
            cut = "prune_out_channels"  # a depthwise convolution has one filter per channel
        for attribute in _WRITTEN[cut]:
            if getattr(module, attribute, None) is not None:
                yield f"{names[module]}.{attribute}", _DIMS[cut]
