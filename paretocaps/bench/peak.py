"""Measures a device's peak arithmetic: the speed of a large matrix product."""

import time
from collections.abc import Callable
from functools import lru_cache, partial

import torch

from paretocaps.models.products import product

_SIDE = {"cpu": 2048, "cuda": 8192}
_SMALLEST = 256
_LONG = 0.25  # s of a product, from which on no much larger one is timed: some take minutes in bfloat16
_TRIALS, _PATIENCE = 8, 4.0  # runs by one library, and the seconds after which no further one begins


@lru_cache
def peak_flops(device: torch.device, dtype: torch.dtype) -> float:
    """Return the floating-point operations per second of a large product of square matrices.

    It is the best of several runs by either library of products. It is measured once per process. The product
    is as large as the device computes in about two seconds at most.
    """
    side, largest = _SMALLEST, _SIDE.get(device.type, 2048)
    left = _matrix(side, device, dtype)
    while side < largest and _seconds(device, partial(torch.matmul, left, left), trials=2) < _LONG:
        side *= 2
        left = _matrix(side, device, dtype)
    best = min(
        _seconds(device, partial(torch.matmul, left, left)),
        _seconds(device, partial(product, left, left, by="onednn")),
    )
    return 2 * side**3 / best


def _matrix(side: int, device: torch.device, dtype: torch.dtype) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(side, side, generator=generator).to(device, dtype)


def _seconds(device: torch.device, call: Callable[[], object], trials: int = _TRIALS) -> float:
    best, since = float("inf"), time.perf_counter()
    for _ in range(trials):
        begin = time.perf_counter()
        call()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = min(best, time.perf_counter() - begin)
        if time.perf_counter() - since > _PATIENCE:
            break
    return best
