import pytest
import torch

from paretocaps.bench.benchmark import alternate, benchmark, peak_flops
from paretocaps.domain.choices import Choices
from paretocaps.errors import UsageError

SMALL = Choices(primary_capsules=2)


def test_a_row_a_batch_and_precision_with_consistent_figures():
    rows = benchmark(SMALL, (8, 8, 1), 10, [4, 1], ["fp32", "bf16"], steps=3, against_textbook=True)
    assert [(row.batch, row.precision) for row in rows] == [
        (4, "fp32"),
        (4, "bf16"),
        (1, "fp32"),
        (1, "bf16"),
    ]
    for row in rows:
        assert row.images_s == pytest.approx(row.batch / row.step_s)
        assert 0 < row.step_s_min <= row.step_s <= row.step_s_max
        assert row.ratio > 0
        assert row.flops_share > 0
        assert row.peak_bytes > 0
        assert row.steps == 3


def test_without_a_yardstick_there_is_no_ratio():
    (row,) = benchmark(SMALL, (8, 8, 1), 10, [2], ["fp32"], steps=1)
    assert row.ratio is None


@pytest.mark.parametrize(
    "choices",
    [Choices(family="momentum_caps"), Choices(routing="sda"), Choices(stem_convolutions=2)],
)
def test_networks_that_the_textbook_does_not_have_are_timed_alone(choices):
    small = choices.model_copy(update={"primary_capsules": 2})
    with pytest.raises(UsageError, match="leave out --against textbook"):
        benchmark(small, (8, 8, 1), 10, [2], ["fp32"], steps=1, against_textbook=True)
    (row,) = benchmark(small, (8, 8, 1), 10, [2], ["fp32"], steps=1)
    assert row.step_s > 0


def test_functions_are_called_in_turn():
    calls = []
    seconds = alternate([lambda: calls.append("a"), lambda: calls.append("b")], 3, torch.device("cpu"))
    assert calls == ["a", "b"] * 5
    assert [len(taken) for taken in seconds] == [3, 3]


def test_the_peak_is_that_of_a_product():
    assert peak_flops(torch.device("cpu"), torch.float32) > 1e8
