"""The schedules of X-TrainCaps and FasTrCaps, number by number: 60,000 images, 30 epochs."""

import math

import pytest

from paretocaps.domain.choices import Choices
from paretocaps.schedules.plan import TrainingPlan, build_plan
from paretocaps.training.spec import DESIGNS

LR_MIN, LR_MAX = 1e-4, 1e-3
MNIST = 60_000


def plan_of(design: str, images: int = MNIST, epochs: int = 30, **changes: object) -> TrainingPlan:
    return build_plan(Choices.model_validate({**DESIGNS[design], **changes}), images, epochs)


def cosine(ts: int, cycle_steps: int) -> float:
    """Equation 2."""
    return LR_MIN + 0.5 * (LR_MAX - LR_MIN) * (1 + math.cos(math.pi * ts / cycle_steps))


def test_baseline_is_a_fixed_learning_rate_at_batch_128():
    plan = plan_of("baseline")
    assert [(row.batch_size, row.steps, row.lr_first, row.lr_last) for row in plan.rows()] == [
        (128, 469, 1e-3, 1e-3)
    ] * 30
    assert plan.total_steps == 30 * 469


def test_warm_adabatch_has_the_phases_of_algorithm_5():
    plan = plan_of("wab")
    first, second = plan.phases
    assert (first.first_epoch, first.epochs, first.batch_size) == (1, 3, 1)
    assert (first.first_step, first.steps_per_epoch, first.steps) == (0, 60_000, 3 * 60_000)
    assert (second.first_epoch, second.epochs, second.batch_size) == (4, 27, 16)
    assert (second.first_step, second.steps_per_epoch, second.steps) == (180_000, 3750, 27 * 3750)
    assert plan.total_steps == 281_250


def test_warm_adabatch_restarts_at_exactly_lr_max_and_anneals_to_lr_min_over_each_phase():
    plan = plan_of("wab")
    assert plan.learning_rate(0) == LR_MAX
    assert plan.learning_rate(180_000) == LR_MAX
    assert plan.learning_rate(90_000) == pytest.approx(5.5e-4, rel=1e-12, abs=0)
    assert plan.learning_rate(179_999) == pytest.approx(cosine(179_999, 180_000), rel=1e-12, abs=0)
    assert plan.learning_rate(281_249) == pytest.approx(cosine(101_249, 101_250), rel=1e-12, abs=0)
    for last in (179_999, 281_249):
        assert LR_MIN < plan.learning_rate(last) < LR_MIN * (1 + 1e-8)


def test_warm_adabatch_by_algorithm_5_to_the_letter_restarts_at_each_doubling():
    plan = plan_of("wab", growth="doubling")
    assert [phase.batch_size for phase in plan.phases] == [1, 16, 32, 64]
    assert [plan.learning_rate(phase.first_step) for phase in plan.phases] == [LR_MAX] * 4
    for phase in plan.phases:
        last = plan.learning_rate(phase.end_step - 1)
        assert last == pytest.approx(cosine(phase.steps - 1, phase.steps), rel=1e-12, abs=0)


def test_three_epochs_of_warm_adabatch_are_one_cycle_at_the_first_batch_size():
    plan = plan_of("wab", epochs=3)
    assert [phase.batch_size for phase in plan.phases] == [1]
    assert plan.total_steps == 180_000
    assert plan.learning_rate(179_999) == pytest.approx(cosine(179_999, 180_000), rel=1e-12, abs=0)


def test_two_epochs_of_warm_adabatch_anneal_over_the_real_steps():
    plan = plan_of("wab", epochs=2)
    assert plan.learning_rate(0) == LR_MAX
    assert plan.learning_rate(119_999) == pytest.approx(cosine(119_999, 120_000), rel=1e-12, abs=0)


def test_five_epochs_of_warm_adabatch_give_the_second_cycle_two_epochs():
    plan = plan_of("wab", epochs=5)
    assert [(phase.epochs, phase.steps) for phase in plan.phases] == [(3, 180_000), (2, 7500)]
    assert plan.learning_rate(187_499) == pytest.approx(cosine(7499, 7500), rel=1e-12, abs=0)


def test_adabatch_changes_its_batch_size_where_algorithm_3_says():
    plan = plan_of("adabatch")
    sizes = [plan.batch_size(epoch) for epoch in range(1, 31)]
    assert sizes == [1] * 3 + [16] * 5 + [32] * 5 + [64] * 17
    assert [row.steps for row in plan.rows()] == [60_000] * 3 + [3750] * 5 + [1875] * 5 + [938] * 17
    assert {row.lr_first for row in plan.rows()} == {1e-3}


@pytest.mark.parametrize(("epochs", "sizes"), [(3, [1]), (4, [1, 16]), (8, [1, 16]), (13, [1, 16, 32])])
def test_a_shorter_run_truncates_adabatch(epochs, sizes):
    assert [phase.batch_size for phase in plan_of("adabatch", epochs=epochs).phases] == sizes


def test_adabatch_takes_any_p_any_first_batch_and_any_lengths():
    plan = plan_of("adabatch", epochs=9, first_batch=8, first_epochs=2, phase_epochs=3, adabatch_p=5)
    assert [plan.batch_size(epoch) for epoch in range(1, 10)] == [8] * 2 + [32] * 3 + [64] * 3 + [128]


def test_warm_restarts_are_cycles_of_one_epoch():
    plan = plan_of("warm_restarts", epochs=11)
    assert [row.lr_first for row in plan.rows()] == [LR_MAX] * 11
    assert [row.lr_last for row in plan.rows()] == pytest.approx([cosine(468, 469)] * 11, rel=1e-12, abs=0)
    assert plan.learning_rates(7) == pytest.approx([cosine(ts, 469) for ts in range(469)], rel=1e-12, abs=0)


def test_one_cycle_turns_at_the_corners_of_equation_1():
    plan = plan_of("one_cycle", batch_size=16)
    assert plan.total_steps == 112_500
    assert plan.learning_rate(0) == LR_MIN
    assert plan.learning_rate(25_312) == pytest.approx(LR_MIN + 9e-4 * 25_312 / 50_625, rel=1e-12, abs=0)
    assert plan.learning_rate(50_625) == LR_MAX
    assert plan.learning_rate(75_938) == pytest.approx(LR_MIN + 9e-4 * 25_312 / 50_625, rel=1e-12, abs=0)
    assert plan.learning_rate(101_250) == LR_MIN
    assert plan.learning_rate(106_875) == pytest.approx(0.55 * LR_MIN, rel=1e-12, abs=0)
    assert plan.learning_rate(112_499) == pytest.approx(LR_MIN / 10 + 9 * LR_MIN / 112_500, rel=1e-9, abs=0)


def test_one_cycle_rounds_nothing_where_its_corners_fall_between_two_steps():
    plan = plan_of("one_cycle")  # T = 14070, so that 0.45 T = 6331.5
    assert plan.learning_rate(6331) == pytest.approx(LR_MIN + 9e-4 * 6331 / 6331.5, rel=1e-12, abs=0)
    assert plan.learning_rate(6332) == pytest.approx(plan.learning_rate(6331), rel=1e-12, abs=0)
    assert plan.learning_rate(6331) < LR_MAX


def test_exponential_decay_is_0_96_every_2000_steps_and_smooth_between():
    plan = plan_of("exponential")
    assert plan.learning_rate(0) == 1e-3
    assert plan.learning_rate(2000) == 1e-3 * 0.96
    assert plan.learning_rate(1000) == pytest.approx(1e-3 * math.sqrt(0.96), rel=1e-12, abs=0)
    assert plan.learning_rate(14_069) == pytest.approx(1e-3 * 0.96 ** (14_069 / 2000), rel=1e-12, abs=0)


def test_exponential_decay_does_not_jump_where_the_batch_size_changes():
    plan = plan_of("adabatch", lr_policy="exponential")
    for phase in plan.phases[1:]:
        ratio = plan.learning_rate(phase.first_step) / plan.learning_rate(phase.first_step - 1)
        assert ratio == pytest.approx(0.96 ** (1 / 2000), rel=1e-12, abs=0)


def test_the_hybrids_step_decay_is_0_7_every_2_epochs():
    rows = build_plan(Choices(lr_policy="step_decay"), MNIST, 6).rows()
    assert [row.lr_first for row in rows] == pytest.approx([1e-3, 1e-3, 7e-4, 7e-4, 4.9e-4, 4.9e-4])
    assert [row.lr_first for row in rows] == [row.lr_last for row in rows]


def test_mocapsnets_decay_is_0_96_an_epoch():
    rows = build_plan(Choices(lr_policy="epoch_decay"), MNIST, 30).rows()
    assert [row.lr_first for row in rows] == pytest.approx([1e-3 * 0.96**n for n in range(30)])
    assert [row.lr_first for row in rows] == [row.lr_last for row in rows]


def test_54000_images_after_the_validation_split_are_scheduled_by_their_real_steps():
    plan = plan_of("wab", images=54_000)
    assert [phase.steps for phase in plan.phases] == [3 * 54_000, 27 * 3375]
    assert plan.learning_rate(162_000) == LR_MAX
