"""Prunes a network during training: makes it physically smaller and keeps what it has learned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from paretocaps.domain.families.family import PLAIN
from paretocaps.errors import UsageError
from paretocaps.models.architecture import Architecture
from paretocaps.models.build import bare_network
from paretocaps.models.families.capsnet import CapsNet
from paretocaps.models.pruning.saliency import Saliencies
from paretocaps.models.pruning.structured import ChannelGroup, channel_groups

_WIDTHS = {"conv_channels", "trunk_channels", "capsule_types", "decoder_units"}

Kept = Mapping[int, Tensor]
"""The indices that stay along some dimensions of a tensor, in ascending order."""


@dataclass(frozen=True)
class Smaller:
    """A network cut out of a larger one.

    Attributes:
        network: the smaller network, which shares no memory with the larger one.
        replaced: for each parameter of the larger network, its successor and the indices that stay.
    """

    network: CapsNet
    replaced: Mapping[nn.Parameter, tuple[nn.Parameter, Kept]]


def prune(
    network: CapsNet, optimizer: Optimizer, target: Architecture, saliencies: Saliencies
) -> tuple[CapsNet, Optimizer]:
    """Return a network of the architecture `target` with the most salient parts of `network`.

    The parts that stay keep their weights and their state in `optimizer`: state with a parameter's shape,
    such as Adam's moments, is cut with the parameter, and the rest (step counts) does not change. The
    optimizer is changed in place, so that its options, hooks and schedulers stay attached; it then trains
    only the returned network. `network` itself is not changed. Gradients are not kept. Of equally salient
    parts the one with the highest index is removed first.

    Args:
        network: the network as trained so far.
        optimizer: any optimizer of its parameters.
        target: `network.architecture` with fewer conv1 channels, channels of a trunk, capsule types or
            decoder units.
        saliencies: the saliencies of `network`, see `saliency.measure`; channels of a deep trunk are chosen
            by `structured` instead.

    Raises:
        UsageError: `target` differs in more than its widths, or has more of something.
    """
    smaller = cut(network, target, saliencies)
    hand_over(optimizer, smaller)
    return smaller.network, optimizer


def cut(
    network: CapsNet,
    target: Architecture,
    saliencies: Saliencies,
    groups: Sequence[ChannelGroup] | None = None,
) -> Smaller:
    """Return the network of `prune`, but change no optimizer (see `hand_over`).

    Args:
        network, target, saliencies: as for `prune`.
        groups: the groups of the channels of a deep trunk, where they are known already.

    Raises:
        UsageError: as for `prune`.
    """
    _check(network.architecture, target)
    if groups is None:
        before = network.architecture
        same = before.trunk == PLAIN or before.trunk_shape == target.trunk_shape
        groups = () if same else channel_groups(network)
    kept = _kept(network, target, saliencies, groups)
    with torch.device("meta"):
        smaller = cast("CapsNet", bare_network(target))  # of the same family as `network`
    replaced: dict[nn.Parameter, tuple[nn.Parameter, Kept]] = {}
    for name, old in network.named_parameters():
        new = nn.Parameter(_cut(old.detach(), kept[name]), requires_grad=old.requires_grad)
        _put(smaller, name, new)
        replaced[old] = new, kept[name]
    for name, buffer in network.named_buffers():
        _put(smaller, name, _cut(buffer, kept.get(name, {})))
    smaller.trunk_frozen = network.trunk_frozen
    smaller.train(network.training)
    return Smaller(smaller, replaced)


def _put(network: nn.Module, name: str, tensor: Tensor) -> None:
    path, _, attribute = name.rpartition(".")
    setattr(network.get_submodule(path), attribute, tensor)


def _check(before: Architecture, after: Architecture) -> None:
    old, new = before.model_dump(), after.model_dump()
    for name in old:
        if name not in _WIDTHS and old[name] != new[name]:
            raise UsageError(
                f"cannot prune to {name}={new[name]!r}: the network has {old[name]!r}, and pruning keeps it"
            )
    for name in ("conv_channels", "capsule_types"):
        if new[name] > old[name]:
            raise UsageError(f"cannot prune to {name}={new[name]}: the network has only {old[name]}")
    if any(b > a for a, b in zip(before.trunk_shape.widths, after.trunk_shape.widths, strict=True)):
        raise UsageError(f"cannot prune to trunk_channels={after.trunk_channels}: the network has fewer")
    if any(b > a for a, b in zip(before.decoder_units, after.decoder_units, strict=True)):
        raise UsageError(
            f"cannot prune to decoder_units={after.decoder_units}: the network has {before.decoder_units}"
        )


def _kept(
    network: CapsNet, target: Architecture, saliencies: Saliencies, groups: Sequence[ChannelGroup]
) -> dict[str, Kept]:
    """Return the indices that stay, by name, of every parameter and statistic of `network`."""
    a = network.architecture
    kept: dict[str, Kept] = {name: {} for name, _ in network.named_parameters()}
    convolutions, read = (
        _kept_of_trunk(target, groups) if a.trunk != PLAIN else _kept_of_stem(target, saliencies)
    )
    kept |= convolutions
    types = _most_salient(saliencies.capsule_types, target.capsule_types)
    filters = _runs(types, a.capsule_dim)
    matrices = types if a.weight_sharing else _runs(types, a.positions)
    kept["primary.weight"] = {0: filters} | ({} if read is None else {3: read})
    kept["primary.bias"] = {0: filters}
    routed = "capsule_layer" if a.blocks else "class_capsules"
    kept[f"{routed}.weight"] = {network.capsule_layers[0].INPUT_DIM: matrices}
    if network.decoder is None:
        return kept
    counts = zip(saliencies.decoder_units, target.decoder_units, strict=True)
    units = [_most_salient(saliency, count) for saliency, count in counts]
    for number, (before, after) in enumerate(pairwise([None, *units, None])):
        rows = {} if after is None else {0: after}
        columns = {} if before is None else {1: before}
        kept[f"decoder.layers.{number}.weight"] = rows | columns
        kept[f"decoder.layers.{number}.bias"] = rows
    return kept


def _kept_of_stem(target: Architecture, saliencies: Saliencies) -> tuple[dict[str, Kept], Tensor]:
    """Return the indices that stay of the one or two convolutions, and of the maps that the capsules read."""
    channels = _most_salient(saliencies.conv_channels, target.conv_channels)
    first = [_most_salient(found, target.conv_channels) for found in saliencies.first_channels]
    kept: dict[str, Kept] = {}
    for number, written in enumerate([*first, channels], start=1):
        kept[f"conv{number}.weight"] = {0: written} | ({3: first[0]} if number == 2 else {})
        kept[f"conv{number}.bias"] = {0: written}
    return kept, channels


def _kept_of_trunk(
    target: Architecture, groups: Sequence[ChannelGroup]
) -> tuple[dict[str, Kept], Tensor | None]:
    """Return the same for a deep trunk, which stays whole where it has no groups."""
    widths = target.trunk_shape.widths
    kept: dict[str, dict[int, Tensor]] = {}
    read = None
    for group in groups:
        channels = _most_salient(group.importance, widths[group.convolutions[0]])
        for name, dim in group.dims.items():
            kept.setdefault(f"trunk.{name}", {})[dim] = channels
        if len(widths) - 1 in group.convolutions:
            read = channels
    return dict(kept), read


def _most_salient(saliency: Tensor, count: int) -> Tensor:
    order = saliency.argsort(descending=True, stable=True)
    return order[:count].sort().values


def _runs(indices: Tensor, length: int) -> Tensor:
    """Return the indices of all elements of the runs with these indices, each `length` long."""
    steps = torch.arange(length, device=indices.device)
    return (indices.unsqueeze(1) * length + steps).flatten()


def _cut(tensor: Tensor, kept: Kept) -> Tensor:
    """Return the part of a tensor that stays, in the same memory format, which optimisers rely on."""
    smaller = tensor.clone() if not kept else tensor
    for dim, indices in kept.items():
        smaller = smaller.index_select(dim, indices.to(tensor.device))
    ordered = tensor.dim() != 4 or tensor.is_contiguous()
    return smaller.contiguous(memory_format=torch.contiguous_format if ordered else torch.channels_last)


def hand_over(optimizer: Optimizer, smaller: Smaller) -> None:
    """Make `optimizer` train the smaller network, and cut its state in the same way."""
    replaced = smaller.replaced
    for group in optimizer.param_groups:
        group["params"] = [replaced[old][0] if old in replaced else old for old in group["params"]]
    for old, (new, kept) in replaced.items():
        if old in optimizer.state:
            optimizer.state[new] = {
                key: _cut(value, kept) if isinstance(value, Tensor) and value.shape == old.shape else value
                for key, value in optimizer.state.pop(old).items()
            }
