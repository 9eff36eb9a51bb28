"""Counts the bytes that a training on a CPU needs, and finds how many bytes are free."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor, nn

from paretocaps.data.pixels import free_memory

_MACHINE, _GROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup")


def saved_bytes(network: nn.Module, forward: Callable[[], Tensor]) -> int:
    """Return the bytes that one forward pass keeps for its backward pass, without parameters.

    They are counted with saved-tensor hooks, each storage once. This is what the training itself needs; the
    size of the process would include the interpreter and the allocator's reserves. The statistics of batch
    normalisation are restored afterwards.

    Args:
        network: the network whose parameters are not counted.
        forward: runs the forward pass and returns the loss.
    """
    own = {parameter.untyped_storage().data_ptr() for parameter in network.parameters()}
    sizes: dict[int, int] = {}
    kept: list[Tensor] = []  # a freed storage's address could be given to another tensor

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            sizes[storage.data_ptr()] = storage.nbytes()
            kept.append(tensor.detach())
        return tensor.detach()  # an output itself would refer to its own graph, and nothing could free both

    statistics = [(buffer, buffer.clone()) for buffer in network.buffers()]
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        forward()
    for buffer, before in statistics:
        buffer.copy_(before)
    return sum(sizes.values())


def free_bytes(device: torch.device) -> int:
    """Return about how many more bytes a tensor on `device` may take, as the system reports it.

    On a GPU, what this process holds without using it is free. On a CPU this is the lesser of the bytes free
    on the machine and in this process's cgroup (v2, which psutil does not read); where neither can be read,
    it is a quarter of the machine's memory.
    """
    if device.type == "cuda":
        return free_memory(device)
    left = []
    with suppress(OSError, ValueError, StopIteration):
        lines = _MACHINE.read_text().splitlines()
        left.append(1024 * int(next(line for line in lines if line.startswith("MemAvailable")).split()[1]))
    with suppress(OSError, ValueError):  # a limit of "max" is no number, and means none
        limit, used = (int((_GROUP / name).read_text()) for name in ("memory.max", "memory.current"))
        left.append(min(limit, max(0, limit - used + _file_cache())))
    return min(left) if left else os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4


def _file_cache() -> int:
    """Return the bytes of files that count as used in this process's cgroup; the system gives them up."""
    with suppress(OSError, ValueError):
        told = dict(line.split() for line in (_GROUP / "memory.stat").read_text().splitlines())
        return sum(int(told.get(name, 0)) for name in ("active_file", "inactive_file"))
    return 0


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
