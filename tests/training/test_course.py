import pytest

from paretocaps.domain.course import Course
from paretocaps.training.course import course
from paretocaps.training.spec import CAPSNET


@pytest.mark.parametrize(
    ("choices", "name"),
    [
        ({"lr_policy": "fixed"}, ""),
        ({"lr_policy": "exponential"}, ""),
        ({"lr_policy": "step_decay"}, ""),
        ({"lr_policy": "warm_restarts", "cycle": "epoch"}, ""),
        ({"lr_policy": "warm_restarts", "cycle": "phase"}, "warm_restarts by phase"),
        ({"lr_policy": "one_cycle"}, "one_cycle"),
        ({"lr_policy": "explore_exploit"}, "explore_exploit"),
        ({"batch_schedule": "adabatch"}, "adabatch"),
        ({"loss": "spread"}, "spread loss"),
        ({"lr_policy": "one_cycle", "batch_schedule": "adabatch"}, "one_cycle with adabatch"),
    ],
)
def test_schedules_that_are_shaped_by_their_end_compare_among_themselves(choices, name):
    assert course(choices, 5, {}) == Course(name)


@pytest.mark.parametrize(("start", "judged_from"), [(0.0, 1), (0.5, 3), (1.0, 5)])
def test_a_training_that_prunes_is_compared_once_its_pruned_network_was_trained(start, judged_from):
    choices = {"pruning_ratio": 0.5, "pruning_start": start}
    assert course(choices, 5, {}).judged_from == judged_from


def test_the_trainer_knows_it():
    assert CAPSNET.course_of({"lr_policy": "one_cycle"}, 5, {}) == Course("one_cycle")
