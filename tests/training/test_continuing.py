import pytest

from paretocaps.training.continuing import shaped_by_end
from paretocaps.training.spec import CAPSNET

FACTS = {"training images": 100, "ranks": 1}


def why(epochs=4, longer=10, **choices):
    return shaped_by_end(CAPSNET.canonical(choices), epochs, longer, FACTS)


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"lr_policy": "exponential"},
        {"lr_policy": "step_decay"},
        {"lr_policy": "epoch_decay"},
        {"lr_policy": "warm_restarts", "cycle": "epoch"},
        {"batch_schedule": "adabatch"},
        {"pruning_ratio": 0.5, "pruning_start": 0.0},
    ],
)
def test_a_training_that_is_not_shaped_by_its_end_begins_as_a_longer_one(choices):
    assert why(**choices) == ""


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        ({"lr_policy": "one_cycle"}, "the learning rate of lr_policy=one_cycle is laid out for 4 epochs"),
        ({"lr_policy": "explore_exploit"}, "the learning rate of lr_policy=explore_exploit is laid out"),
        ({"lr_policy": "warm_restarts", "cycle": "phase"}, "the learning rate of lr_policy=warm_restarts"),
        ({"pruning_ratio": 0.5}, "it pruned after 1 of 4 epochs, and would after 2 of 10"),
        ({"family": "residual_caps", "routing": "em", "loss": "spread"}, "the margin of loss=spread"),
    ],
)
def test_a_training_that_is_shaped_by_its_end_does_not(choices, reason):
    assert why(**choices).startswith(reason)


def test_a_phase_that_the_end_cuts_off_shapes_what_a_whole_one_does_not():
    phases = {"lr_policy": "warm_restarts", "cycle": "phase", "batch_schedule": "adabatch", "first_epochs": 3}
    assert why(epochs=3, longer=8, **phases) == ""
    assert "lr_policy=warm_restarts" in why(epochs=5, longer=8, **phases)
