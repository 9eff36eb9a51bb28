import pytest
import torch

from paretocaps.bench.benchmark import (
    Case,
    alternate,
    benchmark,
    environment,
    random_images,
)
from paretocaps.domain.choices import Choices
from paretocaps.errors import UsageError
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.models.complexity import training_flops
from paretocaps.models.losses import capsnet_loss


def case(batch=4, precision="fp32", **choices):
    small = Choices(primary_capsules=2, batch_size=batch, precision=precision, **choices)
    return Case(small, (8, 8, 1), images=90)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("batch", [4, 1])
def test_a_row_has_consistent_figures(batch, precision):
    row = benchmark(case(batch, precision), turns=3, against="textbook")
    assert (row.batch, row.precision, row.against, row.steps) == (batch, precision, "textbook", 3)
    assert row.images_s == pytest.approx(row.batch / row.step_s)
    assert row.epoch_s == pytest.approx(row.step_s * -(-90 // batch))
    assert 0 < row.step_s_min <= row.step_s <= row.step_s_max
    assert 0 < row.ratio_min <= row.ratio <= row.ratio_max
    assert min(row.cpu_s, row.cpu_ratio) > 0
    assert row.flops_share > 0
    assert row.peak_bytes > 0


@pytest.mark.slow
def test_a_step_that_accumulates_has_more_images():
    row = benchmark(case(4, accumulate=3), turns=2)
    assert row.batch == 4
    assert row.images_s == pytest.approx(12 / row.step_s)
    assert row.epoch_s == pytest.approx(row.step_s * -(-90 // 12))


@pytest.mark.slow
def test_without_a_yardstick_there_is_no_ratio():
    row = benchmark(case(), turns=1)
    assert (row.against, row.ratio, row.ratio_min, row.ratio_max) == (None, None, None, None)
    assert row.cpu_s > 0
    assert row.cpu_ratio is None


def test_other_choices_can_be_the_yardstick():
    row = benchmark(case(weight_sharing=True), turns=1, against="baseline", other=case())
    assert row.against == "baseline"
    assert row.ratio > 0


def test_steps_of_other_numbers_of_images_compare_by_the_image(monkeypatch):
    def alternate(counted, turns):
        for turn in counted:
            turn()
        return [[6.0], [2.0]]

    monkeypatch.setattr("paretocaps.bench.benchmark.alternate", alternate)
    row = benchmark(case(4, accumulate=3), turns=1, against="baseline", other=case(4))
    assert row.ratio == 1.0


@pytest.mark.parametrize(
    "choices",
    [{"family": "momentum_caps"}, {"routing": "sda"}, {"stem_convolutions": 2}, {"standardise": True}],
)
def test_networks_that_the_textbook_does_not_have_are_timed_alone(choices):
    with pytest.raises(UsageError, match="leave out --against textbook"):
        benchmark(case(2, **choices), turns=1, against="textbook")
    assert benchmark(case(2, **choices), turns=1).step_s > 0


def test_turns_are_taken_alternately():
    calls = []
    seconds = alternate([lambda: calls.append("a") or 1.0, lambda: calls.append("b") or 2.0], 3)
    assert calls == ["a", "b"] * 5
    assert seconds == [[1.0] * 3, [2.0] * 3]


def test_the_arithmetic_of_a_step_is_what_torch_counts():
    """Of the plain network, whose convolutions and votes torch can see; a few percent are elementwise."""
    from torch.utils.flop_counter import FlopCounterMode

    from paretocaps.bench.textbook import textbook_step

    network = architecture(Choices(primary_capsules=4), 28, 28, 1, 10)
    images, labels = random_images(network, 2)
    step = textbook_step(network, images.float() / 255, labels)
    with FlopCounterMode(display=False) as counter:
        step()
    assert training_flops(network) * 2 == pytest.approx(counter.get_total_flops(), rel=0.02)


def test_the_same_noise_every_time():
    network = architecture(Choices(), 8, 8, 1, 10)
    (a, b), (c, d) = random_images(network, 5), random_images(network, 5)
    assert torch.equal(a, c)
    assert torch.equal(b, d)
    assert a.shape == (5, 1, 8, 8)
    made = build_network(network, 0)
    assert capsnet_loss(made(a.float() / 255, b), a.float() / 255, b).isfinite()


def test_the_environment_names_device_torch_and_date():
    found = environment("cpu")
    assert set(found) == {"device", "torch", "date", "load"}
    assert found["torch"] == torch.__version__
    with pytest.raises(UsageError, match="cuda:99"):
        environment("cuda:99")
