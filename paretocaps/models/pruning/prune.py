"""Pruning: a network made physically smaller in mid-training, with all that it has learned kept."""

from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from paretocaps.errors import UsageError
from paretocaps.models.architecture import Architecture
from paretocaps.models.capsnet import CapsNet
from paretocaps.models.pruning.saliency import Saliencies

_WIDTHS = {"conv_channels", "capsule_types", "decoder_units"}

Kept = Mapping[int, Tensor]
"""For some dimensions of a tensor, the indices that stay, in ascending order."""


def prune(
    network: CapsNet, optimizer: Optimizer, target: Architecture, saliencies: Saliencies
) -> tuple[CapsNet, Optimizer]:
    """Return a network of the architecture `target` with the most salient parts of `network`.

    What stays keeps its weights and, in `optimizer`, its state: whatever has a parameter's shape, such
    as Adam's moments, is cut with it, the rest (step counts) stays as it is. The optimizer is changed in
    place, so that its options, hooks and schedulers stay attached, and from then on trains the
    returned network only. `network` itself is left as it was. Gradients are not carried over. Equally
    salient parts go highest index first.

    Args:
        network: the network as trained so far.
        optimizer: any optimizer of its parameters.
        target: `network.architecture` with fewer conv1 channels, capsule types or decoder units.
        saliencies: of `network`, see `saliency.measure`.

    Raises:
        UsageError: `target` differs in more than its widths, or has more of something.
    """
    _check(network.architecture, target)
    kept = _kept(network, target, saliencies)
    with torch.device("meta"):
        smaller = CapsNet(target)
    smaller.train(network.training)
    replaced: dict[nn.Parameter, tuple[nn.Parameter, Kept]] = {}
    for name, old in network.named_parameters():
        new = nn.Parameter(_cut(old.detach(), kept[name]), requires_grad=old.requires_grad)
        path, _, attribute = name.rpartition(".")
        setattr(smaller.get_submodule(path), attribute, new)
        replaced[old] = new, kept[name]
    _hand_over(optimizer, replaced)
    return smaller, optimizer


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
    if any(b > a for a, b in zip(before.decoder_units, after.decoder_units, strict=True)):
        raise UsageError(
            f"cannot prune to decoder_units={after.decoder_units}: the network has {before.decoder_units}"
        )


def _kept(network: CapsNet, target: Architecture, saliencies: Saliencies) -> dict[str, Kept]:
    """For every parameter of `network`, by name, what stays of it."""
    a = network.architecture
    channels = _most_salient(saliencies.conv_channels, target.conv_channels)
    types = _most_salient(saliencies.capsule_types, target.capsule_types)
    first = [_most_salient(found, target.conv_channels) for found in saliencies.first_channels]
    filters = _runs(types, a.capsule_dim)
    matrices = types if a.weight_sharing else _runs(types, a.positions)
    kept: dict[str, Kept] = {name: {} for name, _ in network.named_parameters()}
    for number, written in enumerate([*first, channels], start=1):
        kept[f"conv{number}.weight"] = {0: written} | ({3: first[0]} if number == 2 else {})
        kept[f"conv{number}.bias"] = {0: written}
    kept["primary.weight"] = {0: filters, 3: channels}
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


def _most_salient(saliency: Tensor, count: int) -> Tensor:
    order = saliency.argsort(descending=True, stable=True)
    return order[:count].sort().values


def _runs(indices: Tensor, length: int) -> Tensor:
    """The indices of whole runs of `length`, for the indices of the runs."""
    steps = torch.arange(length, device=indices.device)
    return (indices.unsqueeze(1) * length + steps).flatten()


def _cut(tensor: Tensor, kept: Kept) -> Tensor:
    for dim, indices in kept.items():
        tensor = tensor.index_select(dim, indices.to(tensor.device))
    return tensor.clone() if not kept else tensor


def _hand_over(optimizer: Optimizer, replaced: Mapping[nn.Parameter, tuple[nn.Parameter, Kept]]) -> None:
    for group in optimizer.param_groups:
        group["params"] = [replaced[old][0] if old in replaced else old for old in group["params"]]
    for old, (new, kept) in replaced.items():
        if old in optimizer.state:
            optimizer.state[new] = {
                key: _cut(value, kept) if isinstance(value, Tensor) and value.shape == old.shape else value
                for key, value in optimizer.state.pop(old).items()
            }
