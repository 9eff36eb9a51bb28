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


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # not public, and so perhaps not there in another version: then float32 is the safe answer
    asked = (
        getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    )
    return any(bool(supported()) for supported in asked if supported is not None)
