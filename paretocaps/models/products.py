"""Computes matrix products on a CPU by the faster of the two libraries in torch.

torch multiplies float32 matrices with MKL, which does not use AVX-512 on AMD processors: it reaches 105
GFLOP/s per core, where oneDNN, which torch uses for bfloat16, reaches 225 (measured on Zen 5 with torch 2.13;
both compute in full float32). oneDNN's product is an operator that torch's own compiler calls; where it is
missing, torch's product is used.
"""

import platform
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import flop_registry, register_flop_formula

_SMALLEST = 1 << 17  # multiply-adds below which the call costs more than the product


def _operator() -> Any:
    """Return oneDNN's product, or None where torch lacks it."""
    if platform.machine().lower() not in ("x86_64", "amd64") or not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return None
    try:
        packet: Any = torch.ops.mkldnn._linear_pointwise
        packet(torch.ones(1, 1), torch.ones(1, 1), None, "none", [], "")
    except (AttributeError, RuntimeError, TypeError):  # missing, or with other arguments in this version
        return None
    if packet not in flop_registry:
        register_flop_formula(packet)(_flops)
    return packet


def _flops(left: torch.Size, right: torch.Size, *_: Any, **__: Any) -> int:
    return 2 * left.numel() * right[0]


_ONEDNN = _operator()


def has_fast_float32() -> bool:
    """Return whether float32 products go through oneDNN."""
    return _ONEDNN is not None and bool(torch.backends.mkldnn.enabled)


def product(left: Tensor, right: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return left @ right (+ bias), [M, N], for [M, K], [K, N] and [N]; without gradient.

    Operands may be transposed. Others that are not dense are copied first, since oneDNN multiplies them
    extremely slowly.
    """
    if torch.compiler.is_exporting():
        return left @ right if bias is None else torch.addmm(bias, left, right)
    rows, inner = left.shape
    large = rows * inner * right.shape[1] >= _SMALLEST
    if large and left.dtype == torch.float32 and left.device.type == "cpu" and has_fast_float32():
        result: Tensor = _ONEDNN(_dense(left), _dense(right).t(), bias, "none", [], "")
        return result
    return left @ right if bias is None else torch.addmm(bias, left, right)


def _dense(matrix: Tensor) -> Tensor:
    return matrix if matrix.is_contiguous() or matrix.t().is_contiguous() else matrix.contiguous()


def sum_dtype(tensor: Tensor) -> torch.dtype:
    """Return the dtype for sums over many numbers of `tensor`: float64 for float64, else float32."""
    return torch.float64 if tensor.dtype == torch.float64 else torch.float32
