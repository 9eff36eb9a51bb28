"""Decides which arithmetic a training uses, and switches it on."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch

_CPU_BF16_BATCH = 2
"""The batch from which bfloat16 is faster on a CPU: for one image, casting the weights costs more.

The baseline's seconds per step in float32 over those in bfloat16, on two Zen 5 cores, were 0.86 for one
image, 1.14 for two, 1.21 for four and 1.8 for eight.
"""


def resolve_precision(precision: str, device: torch.device, batch_size: int | None = None) -> torch.dtype:
    """Return the dtype of convolutions and matrix products; weights stay float32.

    Args:
        precision: "fp32", "bf16", "fp16", or "auto": bfloat16 where the device multiplies it natively, but
            float32 elsewhere, and for single images on a CPU.
        device: where they are computed.
        batch_size: images per forward pass; None means many.
    """
    if precision == "auto":
        alone = device.type == "cpu" and batch_size is not None and batch_size < _CPU_BF16_BATCH
        return torch.bfloat16 if _has_bf16(device) and not alone else torch.float32
    return {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]


def autocast(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[Any]:
    """Return the context in which a forward pass runs in `dtype`; float32 needs none."""
    if dtype == torch.float32:
        return nullcontext()
    # weights change every step, so a cache of their casts would only hold memory
    return torch.autocast(device.type, dtype=dtype, cache_enabled=False)


def fast_float32(device: torch.device) -> None:
    """Let a CUDA device compute float32 products in TF32, and choose convolution algorithms by trying them.

    TF32 rounds the factors to 10 bits of mantissa and sums in float32. It applies to all float32 products:
    in "fp32" trainings, and where autocast does not cast. Nothing changes on a CPU.
    """
    if device.type == "cuda":
        torch.backends.cuda.matmul.fp32_precision = "tf32"
        torch.backends.cudnn.conv.fp32_precision = "tf32"  # type: ignore[attr-defined]
        torch.backends.cudnn.benchmark = True


@contextmanager
def whole_float32(device: torch.device) -> Iterator[None]:
    """Compute float32 products on `device` in full float32 inside the context, despite `fast_float32`."""
    if device.type != "cuda":
        yield
        return
    cudnn: Any = torch.backends.cudnn
    switches: tuple[Any, ...] = (torch.backends.cuda.matmul, cudnn.conv)
    before = [switch.fp32_precision for switch in switches]
    for switch in switches:
        switch.fp32_precision = "ieee"
    try:
        yield
    finally:
        for switch, precision in zip(switches, before, strict=True):
            switch.fp32_precision = precision


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # these are private, and another version may lack them: float32 is then the safe answer
    asked = (
        getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    )
    return any(bool(supported()) for supported in asked if supported is not None)
