from paretocaps.domain.choices import Choices
from paretocaps.schedules.plan import build_plan


def test_the_learning_rate_never_moves():
    plan = build_plan(Choices(lr_max=3e-4, batch_schedule="adabatch"), 50, 10)
    assert {plan.learning_rate(step) for step in range(plan.total_steps)} == {3e-4}
