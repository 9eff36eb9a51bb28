import pytest

from paretocaps.domain.choices import Choices
from paretocaps.schedules.plan import build_plan


def test_the_exponent_is_not_rounded():
    choices = Choices(lr_policy="epoch_decay", decay_rate=0.25, decay_every=2, lr_max=8e-3)
    rates = [row.lr_first for row in build_plan(choices, 100, 4).rows()]
    assert rates == pytest.approx([8e-3, 4e-3, 2e-3, 1e-3], rel=1e-12, abs=0)


def test_it_is_constant_within_an_epoch():
    plan = build_plan(Choices(lr_policy="epoch_decay", batch_schedule="adabatch"), 40, 6)
    assert [len(set(plan.learning_rates(epoch))) for epoch in range(1, 7)] == [1] * 6
    assert len({row.lr_first for row in plan.rows()}) == 6


def test_it_is_pytorchs_exponential_lr_stepped_at_every_epoch(torch_rates):
    plan = build_plan(Choices(lr_policy="epoch_decay", decay_rate=0.9, decay_every=2), 100, 20)
    theirs = torch_rates("ExponentialLR", 20, 1e-3, gamma=0.9**0.5)
    assert [row.lr_first for row in plan.rows()] == pytest.approx(theirs, rel=1e-12, abs=0)
