import pytest

from paretocaps.domain.choices import Choices
from paretocaps.schedules.plan import build_plan


def test_the_rate_and_the_number_of_epochs_can_be_chosen():
    choices = Choices(lr_policy="step_decay", decay_rate=0.5, decay_every=3, lr_max=8e-3)
    rates = [row.lr_last for row in build_plan(choices, 100, 7).rows()]
    assert rates == pytest.approx([8e-3] * 3 + [4e-3] * 3 + [2e-3], rel=1e-12, abs=0)


def test_it_is_constant_within_an_epoch_and_drops_at_its_first_step():
    plan = build_plan(Choices(lr_policy="step_decay", batch_schedule="adabatch"), 40, 6)
    assert [len(set(plan.learning_rates(epoch))) for epoch in range(1, 7)] == [1] * 6
    third = plan.epoch_starts()[2]
    assert plan.learning_rate(third) == pytest.approx(0.7 * plan.learning_rate(third - 1), rel=1e-12, abs=0)


@pytest.mark.parametrize(("rate", "every"), [(0.7, 2), (0.5, 1), (0.1, 7)])
def test_it_is_pytorchs_step_lr_stepped_at_every_epoch(torch_rates, rate, every):
    plan = build_plan(Choices(lr_policy="step_decay", decay_rate=rate, decay_every=every), 100, 20)
    theirs = torch_rates("StepLR", 20, 1e-3, gamma=rate, step_size=every)
    assert [row.lr_first for row in plan.rows()] == pytest.approx(theirs, rel=1e-12, abs=0)
