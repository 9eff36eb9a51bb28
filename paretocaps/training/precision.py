"""Which arithmetic a training uses, and how it is switched on."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch


def resolve_precision(precision: str, device: torch.device) -> torch.dtype:
    """Return the dtype of convolutions and matrix products; weights stay float32 ("auto", "fp32", "bf16").

    "auto" is bfloat16 where the device multiplies it natively, float32 elsewhere.
    """
    if precision == "auto":
        return torch.bfloat16 if _has_bf16(device) else torch.float32
    return {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]


def autocast(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[Any]:
    """Return the context in which a forward pass runs in `dtype`; float32 needs none."""
    if dtype == torch.float32:
        return nullcontext()
    # weights change every step, so a cache of their casts would only hold memory
    return torch.autocast(device.type, dtype=dtype, cache_enabled=False)


def fast_float32(device: torch.device) -> None:
    """Let a CUDA device compute float32 products in TF32, and pick convolution algorithms by trying them.

    TF32 rounds the factors to 10 bits of mantissa and sums in float32. It is used where float32 stays: in
    "fp32" trainings, and in whatever autocast leaves alone. Nothing changes on a CPU.
    """
    if device.type == "cuda":
        torch.backends.cuda.matmul.fp32_precision = "tf32"
        torch.backends.cudnn.conv.fp32_precision = "tf32"  # type: ignore[attr-defined]
        torch.backends.cudnn.benchmark = True


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # not public, and so perhaps not there in another version: then float32 is the safe answer
    asked = (
        getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    )
    return any(bool(supported()) for supported in asked if supported is not None)
