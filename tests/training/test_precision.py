import pytest
import torch

from paretocaps.domain.tuning import Tuning
from paretocaps.models.tuned import tuning_in_force
from paretocaps.training.precision import (
    autocast,
    computed,
    default_tuning,
    has_fast_bf16,
    resolve_precision,
)

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("name", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)]
)
def test_a_named_precision_is_what_products_run_in(name: str, dtype: torch.dtype) -> None:
    assert resolve_precision(name, CPU) == dtype
    with autocast(CPU, dtype):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype


def test_auto_is_float32_on_a_cpu_where_no_tuning_was_measured() -> None:
    assert resolve_precision("auto", CPU) == torch.float32
    assert default_tuning("auto", CPU) == Tuning()
    assert default_tuning("bf16", CPU) == Tuning(precision="bf16")


def test_bf16_is_worth_trying_where_the_processor_has_instructions_for_it() -> None:
    assert has_fast_bf16(CPU) == (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    assert not has_fast_bf16(torch.device("cuda"))


def test_passes_are_computed_by_a_tuning_in_its_number_format():
    tuning, factor = Tuning(precision="bf16", products="onednn"), torch.ones(2, 2)
    with computed(CPU, tuning):
        assert tuning_in_force() == tuning
        assert (factor @ factor).dtype == torch.bfloat16
    assert tuning_in_force() == Tuning()
    with computed(CPU, Tuning()):
        assert (factor @ factor).dtype == torch.float32
