"""Measures a device's peak arithmetic: the speed of a large matrix product."""

import time
from collections.abc import Callable
from functools import lru_cache

import torch

from paretocaps.models.products import product

_SIDE = {"cpu": 2048, "cuda": 8192}
_TRIALS = 8


@lru_cache
def peak_flops(device: torch.device, dtype: torch.dtype) -> float:
    """Return the floating-point operations per second of a large product of square matrices.

    It is the best of several runs by either library of products. It is measured once per process.
    """
    side = _SIDE.get(device.type, 2048)
    generator = torch.Generator().manual_seed(0)
    left = torch.rand(side, side, generator=generator).to(device, dtype)
    best = min(
        _seconds(device, lambda: left @ left), _seconds(device, lambda: product(left, left, by="onednn"))
    )
    return 2 * side**3 / best


def _seconds(device: torch.device, call: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(_TRIALS):
        begin = time.perf_counter()
        call()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = min(best, time.perf_counter() - begin)
    return best
