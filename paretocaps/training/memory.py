"""Peak bytes of a training: from the allocator on a GPU, counted by hooks on a CPU."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor, nn

_MACHINE, _GROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup")


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


def free_bytes(device: torch.device) -> int:
    """Return how many more bytes a tensor on `device` may take, about: what the system says is available.

    On a CPU the least of what the machine and this process's group of processes (cgroup v2, which psutil does
    not know) have left; where neither can be read, a quarter of the machine's memory.
    """
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    left = []
    with suppress(OSError, ValueError, StopIteration):
        lines = _MACHINE.read_text().splitlines()
        left.append(1024 * int(next(line for line in lines if line.startswith("MemAvailable")).split()[1]))
    with suppress(OSError, ValueError):  # "max" is no number: no limit
        limit, used = (int((_GROUP / name).read_text()) for name in ("memory.max", "memory.current"))
        left.append(max(0, limit - used))
    return min(left) if left else os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4


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
