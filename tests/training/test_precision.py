import pytest
import torch

from paretocaps.training.precision import autocast, resolve_precision

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("name", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)]
)
def test_a_named_precision_is_what_products_run_in(name: str, dtype: torch.dtype) -> None:
    assert resolve_precision(name, CPU) == dtype
    with autocast(CPU, dtype):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype


def test_auto_is_bf16_exactly_where_the_processor_multiplies_it() -> None:
    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    assert resolve_precision("auto", CPU) == (torch.bfloat16 if native else torch.float32)
    assert resolve_precision("auto", CPU, 2) == resolve_precision("auto", CPU)


def test_single_images_are_trained_on_in_float32_on_a_cpu_unless_asked_otherwise() -> None:
    assert resolve_precision("auto", CPU, 1) == torch.float32
    assert resolve_precision("bf16", CPU, 1) == torch.bfloat16
