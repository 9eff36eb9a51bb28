"""Peak bytes of a training: from the allocator on a GPU, counted by hooks on a CPU."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def saved_bytes(network: nn.Module, forward: Callable[[], Tensor]) -> int:
    """Return the bytes that one forward pass keeps for its backward pass, parameters apart.

    Counted with saved-tensor hooks, each storage once: what the training itself needs, unlike the
    size of the process, which has the interpreter and the allocator's reserves in it. Statistics of batch
    normalisation are as before afterwards.

    Args:
        network: whose parameters are not counted.
        forward: runs the forward pass and returns the loss.
    """
    own = {parameter.untyped_storage().data_ptr() for parameter in network.parameters()}
    sizes: dict[int, int] = {}
    kept: list[Tensor] = []  # a freed storage's address could be given to another tensor

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            sizes[storage.data_ptr()] = storage.nbytes()
            kept.append(tensor)
        return tensor

    statistics = [(buffer, buffer.clone()) for buffer in network.buffers()]
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        forward()
    for buffer, before in statistics:
        buffer.copy_(before)
    return sum(sizes.values())


def state_bytes(network: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Return the bytes of parameters, their gradients, and the optimiser's state."""
    parameters = sum(p.nbytes for p in network.parameters())
    gradients = sum(p.nbytes for p in network.parameters() if p.requires_grad)
    state = sum(
        value.nbytes
        for entry in optimizer.state.values()
        for value in entry.values()
        if isinstance(value, Tensor)
    )
    return parameters + gradients + state
