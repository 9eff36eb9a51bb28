"""What is told before a training is what the training is: its sizes, its steps and its memory."""

import pytest

from paretocaps.domain.trainer import CheckedData
from paretocaps.errors import UsageError
from paretocaps.models.architecture import architecture
from paretocaps.models.complexity import multiply_adds, parameters
from paretocaps.models.pruning.target import pruned
from paretocaps.schedules.plan import build_plan
from paretocaps.training.forecast import forecasting
from paretocaps.training.spec import CAPSNET, DESIGNS

DIGITS = CheckedData(reading={"shape": [1, 8, 8], "classes": list(range(10)), "train_images": 1294})
forecast = forecasting(DIGITS, 5, 1)


@pytest.mark.parametrize(
    "values", [*DESIGNS.values(), {"pruning_ratio": 0.5}, {"family": "lenet5"}, {"accumulate": 4}]
)
def test_sizes_and_steps_are_those_of_the_network_and_its_plan(values):
    choices = CAPSNET.parse(values)
    found = forecast(CAPSNET.canonical(values))
    shape = pruned(architecture(choices, 8, 8, 1, 10), choices.pruning_ratio)
    assert found.exact == {"params": parameters(shape), "macs": multiply_adds(shape)}
    assert [one.steps for one in found.epochs] == [row.steps for row in build_plan(choices, 1294, 5).rows()]
    assert found.estimated["memory"] > 4 * found.exact["params"]


def test_the_best_epoch_is_one_after_the_pruning_and_its_steps_have_less_work():
    whole, *rest = forecast(CAPSNET.canonical({"pruning_ratio": 0.5, "pruning_start": 0.2})).epochs
    assert [whole.final, *(one.final for one in rest)] == [False, True, True, True, True]
    for kind in ("params", "primary", "class"):
        assert rest[0].work[kind] < 0.8 * whole.work[kind]


def test_work_grows_with_the_images_of_a_step():
    few, many = (forecast(CAPSNET.canonical({"batch_size": size})).epochs[0].work for size in (16, 32))
    assert many["images"] == 2 * few["images"] == 32
    assert many["routing"] == 2 * few["routing"] > 0
    assert (many["step"], many["params"]) == (few["step"], few["params"])


def test_what_pruning_leaves_unaligned_is_told():
    whole, rest = (
        forecast(CAPSNET.canonical({"pruning_ratio": ratio})).epochs[-1].work for ratio in (0.0, 0.5)
    )
    assert whole["unaligned"] == 0.0
    assert rest["unaligned"] == rest["trunk"] + rest["primary"] > 0.0


def test_a_deep_trunk_that_is_pruned_has_no_exact_sizes():
    values = {"family": "backbone_caps", "backbone": "resnet18", "image_size": 32, "decoder": "none"}
    assert forecast(CAPSNET.canonical(values)).exact
    told = forecast(CAPSNET.canonical({**values, "pruning_ratio": 0.5}))
    assert not told.exact
    assert told.estimated.keys() == {"params", "macs", "memory"}


def test_choices_that_do_not_fit_the_images_are_refused():
    with pytest.raises(UsageError):
        forecasting(DIGITS, 5, 1)(CAPSNET.canonical({"family": "alexnet_caps", "image_size": 2}))


def test_what_is_pruned_before_the_first_step_needs_the_memory_of_what_is_left():
    pruned_first, later = (
        forecast(CAPSNET.canonical({"pruning_ratio": 0.9, "pruning_start": start})).estimated["memory"]
        for start in (0.0, 0.5)
    )
    assert pruned_first < 0.7 * later


def test_a_frozen_trunk_whose_features_are_kept_is_no_work_of_a_step():
    values = {"family": "backbone_caps", "backbone": "resnet18", "image_size": 32, "frozen": True}
    kept = forecast(CAPSNET.canonical({**values, "decoder": "none"})).epochs
    drawn = forecast(CAPSNET.canonical({**values, "decoder": "reduced"})).epochs
    assert [one.work["trunk"] > 0 for one in kept] == [True, False, False, False, False]
    tuned = forecast(CAPSNET.canonical({**values, "frozen": False, "decoder": "none"})).epochs
    forward = tuned[0].work["trunk"] / 3
    assert kept[0].work["trunk"] == pytest.approx(forward)
    assert [one.work["trunk"] for one in drawn] == pytest.approx([forward] * 5)
