"""Computes matrix products on a CPU by the library that the tuning in force names.

torch multiplies float32 matrices with the library that it was built with, mostly MKL. oneDNN, which it uses
for bfloat16, also multiplies float32, and which of the two is faster depends on the processor. oneDNN's
product is an operator that torch's own compiler calls; where it is missing, torch's product is used.
"""

import platform
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import flop_registry, register_flop_formula

from paretocaps.domain.tuning import Products
from paretocaps.models.exporting import is_exporting
from paretocaps.models.tuned import tuning_in_force


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


def has_onednn() -> bool:
    """Return whether float32 products can be computed by oneDNN, so that a tuning has a choice."""
    return _ONEDNN is not None and bool(torch.backends.mkldnn.enabled)


def product(left: Tensor, right: Tensor, bias: Tensor | None = None, by: Products | None = None) -> Tensor:
    """Return left @ right (+ bias), [M, N], for [M, K], [K, N] and [N]; without gradient.

    It is computed by the library `by`, or else by that of the tuning in force. Operands may be transposed.
    For oneDNN, others that are not dense are copied first, since it multiplies them extremely slowly.
    """
    if left.dtype == torch.float32 and left.device.type == "cpu" and _is_onednns(by):
        result: Tensor = _ONEDNN(_dense(left), _dense(right).t(), bias, "none", [], "")
        return result
    return torch.mm(left, right) if bias is None else torch.addmm(bias, left, right)


def batched_product(left: Tensor, right: Tensor, out: Tensor, *, add: bool = False) -> Tensor:
    """Set `out` to the products [R, M, N] of matrices [R, M, K] and [R, K, N], or add them to it; return it.

    They are computed by the library of the tuning in force.
    """
    if left.dtype == torch.float32 and left.device.type == "cpu" and _is_onednns(None):
        for matrix, *factors in zip(out, left, right, strict=True):
            found = product(*factors)
            matrix.add_(found) if add else matrix.copy_(found)
        return out
    return torch.baddbmm(out, left, right, beta=int(add), out=out)


def _is_onednns(by: Products | None) -> bool:
    library = by or tuning_in_force().products
    return library == "onednn" and has_onednn() and not is_exporting()


def _dense(matrix: Tensor) -> Tensor:
    return matrix if matrix.is_contiguous() or matrix.t().is_contiguous() else matrix.contiguous()


def in_dtype(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """Return `tensor` in `dtype`: itself, without an operation, where it has it."""
    return tensor if tensor.dtype == dtype else tensor.to(dtype)


def not_changed_in_place(result: Tensor) -> Tensor:
    """Return `result`, which an operation with its own backward changed in place; as a view while compiled.

    Compiled by a torch before 2.13, an operation that returns such a tensor itself has gradients of 0.
    """
    return result.view_as(result) if torch.compiler.is_compiling() else result


def without_autocast(device: str) -> AbstractContextManager[Any]:
    """Return the context in which operations on a device of type `device` keep their operands' dtypes."""
    return torch.autocast(device, enabled=False) if torch.is_autocast_enabled(device) else nullcontext()


def sum_dtype(tensor: Tensor) -> torch.dtype:
    """Return the dtype for sums over many numbers of `tensor`: float64 for float64, else float32."""
    return torch.float64 if tensor.dtype == torch.float64 else torch.float32
