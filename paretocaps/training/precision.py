"""Decides which arithmetic a training uses, and switches it on."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch

from paretocaps.domain.tuning import Precision, Tuning
from paretocaps.models.tuned import using

DTYPES: Mapping[Precision, torch.dtype] = {
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}
"""The dtype of each number format of convolutions and matrix products; weights stay float32."""


def default_tuning(precision: str, device: torch.device) -> Tuning:
    """Return the tuning of a training on `device` where none was measured.

    Args:
        precision: "fp32", "bf16", "fp16", or "auto": bfloat16 on a GPU that multiplies it natively, and
            float32 elsewhere: a CPU that has instructions for bfloat16 may multiply it more slowly.
        device: where products are computed.
    """
    if precision == "auto":
        native = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        precision = "bf16" if native else "fp32"
    return Tuning.model_validate({"precision": precision})


def resolve_precision(precision: str, device: torch.device) -> torch.dtype:
    """Return the dtype of convolutions and matrix products by `default_tuning`."""
    return DTYPES[default_tuning(precision, device).precision]


def has_fast_bf16(device: torch.device) -> bool:
    """Return whether a processor has instructions for bfloat16, which may then be faster than float32."""
    # these are private, and another version may lack them: without them bfloat16 is not tried
    asked = (
        getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    )
    return device.type == "cpu" and any(bool(supported()) for supported in asked if supported is not None)


def autocast(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[Any]:
    """Return the context in which a forward pass runs in `dtype`; float32 needs none."""
    if dtype == torch.float32:
        return nullcontext()
    # weights change every step, so a cache of their casts would only hold memory
    return torch.autocast(device.type, dtype=dtype, cache_enabled=False)


@contextmanager
def computed(device: torch.device, tuning: Tuning) -> Iterator[None]:
    """Run forward passes by `tuning` inside the context, in its number format too."""
    with using(tuning), autocast(device, DTYPES[tuning.precision]):
        yield


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
