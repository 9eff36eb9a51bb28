import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from paretocaps.domain.tuning import Tuning
from paretocaps.models import products as module
from paretocaps.models.products import (
    batched_product,
    has_onednn,
    in_dtype,
    product,
    sum_dtype,
    without_autocast,
)
from paretocaps.models.tuned import using

SIZES = pytest.mark.parametrize("sizes", [(1, 1, 1), (3, 5, 2), (1, 700, 300), (300, 16, 1), (90, 70, 80)])
LIBRARIES = pytest.mark.parametrize("library", ["torch", "onednn"])
DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])


def operands(rows, inner, columns, dtype):
    generator = torch.Generator().manual_seed(0)
    shapes = (rows, inner), (inner, columns), (columns,)
    return [torch.randn(*shape, generator=generator).to(dtype) for shape in shapes]


def check(found, left, right, bias=0.0):
    expected = left.double() @ right.double() + bias
    assert found.is_contiguous()
    tolerance = {torch.float64: 1e-12, torch.float32: 2e-5, torch.bfloat16: 0.02}[found.dtype]
    torch.testing.assert_close(
        found.double(), expected, rtol=tolerance, atol=tolerance * left.shape[1] ** 0.5
    )


@LIBRARIES
@DTYPES
@SIZES
def test_products_are_products(sizes, dtype, library):
    left, right, bias = operands(*sizes, dtype)
    with using(Tuning(products=library)):
        check(product(left, right), left, right)
        check(product(left, right, bias), left, right, bias.double())


@LIBRARIES
@DTYPES
def test_batched_products_are_set_or_added(dtype, library):
    generator = torch.Generator().manual_seed(0)
    left, right, before = (
        torch.randn(*size, generator=generator).to(dtype) for size in ((3, 7, 5), (3, 4, 5), (3, 7, 4))
    )
    out = torch.full_like(before, torch.nan)
    with using(Tuning(products=library)):
        assert batched_product(left, right.mT, out) is out
        added = batched_product(left, right.mT, before.clone(), add=True)
    for found, start, a, b, c in zip(added, before, left, right, out, strict=True):
        check(c, a, b.t())
        check(found, a, b.t(), start.double())


@pytest.mark.skipif(not has_onednn(), reason="torch has no such operator here")
def test_the_tuning_in_force_names_the_library(monkeypatch):
    left, right, _ = operands(9, 7, 8, torch.float32)
    monkeypatch.setattr(module, "_ONEDNN", lambda *_: "oneDNN's")
    assert torch.equal(product(left, right), left @ right)
    with using(Tuning(products="onednn")):
        assert product(left, right) == "oneDNN's"
        assert torch.equal(product(left, right, by="torch"), left @ right)
    assert product(left, right, by="onednn") == "oneDNN's"


@LIBRARIES
@DTYPES
def test_operands_may_lie_in_any_order(dtype, library):
    left, right, _ = operands(40, 60, 20, dtype)
    for a in (left, left.t().contiguous().t(), torch.cat([left, left], 1)[:, :60], left.repeat(2, 1)[::2]):
        for b in (right, right.t().contiguous().t(), torch.cat([right, right], 1)[:, :20]):
            with using(Tuning(products=library)):
                check(product(a, b), a, b)


def test_without_onednn_torchs_product_takes_its_place(monkeypatch):
    left, right, bias = operands(90, 70, 80, torch.float32)
    monkeypatch.setattr(module, "_ONEDNN", None)
    assert not has_onednn()
    with using(Tuning(products="onednn")):
        assert torch.equal(product(left, right, bias), torch.addmm(bias, left, right))


def test_onednn_switched_off_is_respected(monkeypatch):
    left, right, _ = operands(90, 70, 80, torch.float32)
    monkeypatch.setattr(module, "_ONEDNN", lambda *_: pytest.fail("called"))
    torch.backends.mkldnn.set_flags(_enabled=False)
    try:
        assert not has_onednn()
        with using(Tuning(products="onednn")):
            assert torch.equal(product(left, right), left @ right)
    finally:
        torch.backends.mkldnn.set_flags(_enabled=True)


@LIBRARIES
def test_the_flop_counter_sees_either(library):
    left, right, bias = operands(90, 70, 80, torch.float32)
    with using(Tuning(products=library)), FlopCounterMode(display=False) as counter:
        product(left, right, bias)
    assert counter.get_total_flops() == 2 * 90 * 70 * 80


def test_sums_are_kept_in_float32_at_least():
    assert [
        sum_dtype(torch.zeros(1, dtype=dtype)) for dtype in (torch.bfloat16, torch.float32, torch.float64)
    ] == [
        torch.float32,
        torch.float32,
        torch.float64,
    ]


def test_a_tensor_that_has_the_dtype_is_returned_itself():
    tensor = torch.zeros(1)
    assert in_dtype(tensor, torch.float32) is tensor
    assert in_dtype(tensor, torch.bfloat16).dtype == torch.bfloat16


@pytest.mark.parametrize("enabled", [False, True])
def test_without_autocast_products_keep_their_dtype(enabled):
    left, right, _ = operands(2, 3, 4, torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled):
        with without_autocast("cpu"):
            assert (left @ right).dtype == torch.float32
        assert (left @ right).dtype == (torch.bfloat16 if enabled else torch.float32)
