import dataclasses
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paretocaps.domain.choices import Choices
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.schedules.learning_rate.policies import LEARNING_RATE_POLICIES
from paretocaps.schedules.plan import PlanRow, build_plan

QUICK = settings(deadline=None, max_examples=60)


@st.composite
def any_choices(draw):
    lr_max = draw(st.floats(1e-6, 0.1))
    values = {
        "lr_policy": draw(st.sampled_from(list(LEARNING_RATE_POLICIES))),
        "lr_max": lr_max,
        "batch_schedule": draw(st.sampled_from(["constant", "adabatch"])),
        "accumulate": draw(st.integers(1, 5)),
    }
    if values["lr_policy"] in ("one_cycle", "warm_restarts", "explore_exploit"):
        values["lr_min"] = lr_max * draw(st.floats(1e-3, 1.0))
    if values["lr_policy"] == "warm_restarts":
        values["cycle"] = draw(st.sampled_from(["epoch", "phase"]))
    if values["batch_schedule"] == "constant":
        values["batch_size"] = draw(st.integers(1, 300))
    else:
        values |= {
            "first_batch": draw(st.integers(1, 9)),
            "first_epochs": draw(st.integers(1, 4)),
            "phase_epochs": draw(st.integers(1, 4)),
            "adabatch_p": draw(st.integers(0, 8)),
            "growth": draw(st.sampled_from(["doubling", "once"])),
        }
    return Choices(**values)


plans = st.builds(build_plan, any_choices(), st.integers(1, 200), st.integers(1, 15))


@QUICK
@given(plans)
def test_epochs_and_steps_are_covered_once_each(plan):
    rows = plan.rows()
    assert [row.epoch for row in rows] == list(range(1, plan.epochs + 1))
    assert sum(row.steps for row in rows) == plan.total_steps
    assert sum(phase.steps for phase in plan.phases) == plan.total_steps
    assert sum(map(plan.steps_of, {row.batch_size for row in rows})) == plan.total_steps
    for row in rows:
        assert row.batch_size == plan.batch_size(row.epoch) == plan.phase(row.epoch).batch_size
        assert row.steps == math.ceil(plan.images / (row.batch_size * plan.choices.accumulate))


@QUICK
@given(plans)
def test_learning_rates_of_the_epochs_are_those_of_the_steps_in_order(plan):
    by_epoch = [rate for epoch in range(1, plan.epochs + 1) for rate in plan.learning_rates(epoch)]
    assert by_epoch == [plan.learning_rate(step) for step in range(plan.total_steps)]
    for row, first in zip(plan.rows(), plan.epoch_starts(), strict=True):
        assert row.lr_first == by_epoch[first]
        assert row.lr_last == by_epoch[first + row.steps - 1]


@QUICK
@given(plans)
def test_learning_rates_stay_within_their_bounds(plan):
    lowest = {"one_cycle": plan.choices.lr_min / 10, "warm_restarts": plan.choices.lr_min}
    low = lowest.get(plan.choices.lr_policy, 0.0)
    rates = [plan.learning_rate(step) for step in range(plan.total_steps)]
    assert all(low <= rate <= plan.choices.lr_max for rate in rates)
    assert min(rates) > 0.0


@QUICK
@given(any_choices(), st.integers(1, 200), st.integers(1, 15))
def test_a_plan_is_pure(choices, images, epochs):
    first, second = build_plan(choices, images, epochs), build_plan(choices, images, epochs)
    backwards = [first.learning_rate(step) for step in reversed(range(first.total_steps))]
    assert first == second
    assert backwards[::-1] == [second.learning_rate(step) for step in range(second.total_steps)]


@QUICK
@given(any_choices(), st.integers(1, 200), st.integers(1, 14))
def test_a_shorter_training_has_the_batch_sizes_of_a_longer_one(choices, images, epochs):
    shorter, longer = build_plan(choices, images, epochs), build_plan(choices, images, epochs + 1)
    assert [row.batch_size for row in longer.rows()[:-1]] == [row.batch_size for row in shorter.rows()]


def test_rows_are_what_plan_prints():
    rows = build_plan(Choices(), 60_000, 2).rows()
    assert rows[1] == PlanRow(epoch=2, batch_size=128, steps=469, lr_first=1e-3, lr_last=1e-3)
    printed = json.dumps([dataclasses.asdict(row) for row in rows])
    assert list(json.loads(printed)[0]) == ["epoch", "batch_size", "steps", "lr_first", "lr_last"]


def test_an_accumulated_step_is_one_step():
    plan = build_plan(Choices(batch_size=32, accumulate=4), images=1000, epochs=3)
    assert [(row.batch_size, row.steps) for row in plan.rows()] == [(32, 8)] * 3
    assert plan.total_steps == 24


def test_one_image_and_one_epoch_are_one_step():
    plan = build_plan(Choices(lr_policy="one_cycle"), 1, 1)
    assert plan.total_steps == 1
    assert plan.learning_rates(1) == [1e-4]


def test_a_batch_larger_than_the_data_is_one_step_an_epoch():
    plan = build_plan(Choices(batch_size=128), 50, 3)
    assert [row.steps for row in plan.rows()] == [1, 1, 1]


@pytest.mark.parametrize("images", [0, -5])
def test_too_few_images_are_refused(images):
    with pytest.raises(UsageError, match=rf"images={images} .*1 or more"):
        build_plan(Choices(), images, 3)


@pytest.mark.parametrize("epochs", [0, -1])
def test_too_few_epochs_are_refused(epochs):
    with pytest.raises(UsageError, match=rf"epochs={epochs} .*1 or more"):
        build_plan(Choices(), 100, epochs)


@pytest.mark.parametrize("epoch", [0, -1, 4])
def test_an_epoch_outside_the_plan_is_refused(epoch):
    plan = build_plan(Choices(), 100, 3)
    for ask in (plan.phase, plan.batch_size, plan.learning_rates):
        with pytest.raises(UsageError, match=rf"epoch {epoch} .*1 to 3"):
            ask(epoch)


@pytest.mark.parametrize("step", [-1, 3])
def test_a_step_outside_the_plan_is_refused(step):
    with pytest.raises(UsageError, match=rf"step {step} .*0 to 2"):
        build_plan(Choices(), 100, 3).learning_rate(step)


def test_an_unregistered_policy_is_refused_with_the_known_ones():
    choices = Choices().model_copy(update={"lr_policy": "one_cycles"})
    with pytest.raises(UnknownNameError, match="did you mean 'one_cycle'"):
        build_plan(choices, 100, 3).rows()


@pytest.mark.parametrize(
    "choices", [{"batch_size": 32, "accumulate": 4}, {"batch_schedule": "adabatch", "lr_policy": "one_cycle"}]
)
def test_a_batch_per_rank_is_a_batch_of_all_ranks_as_many_times_as_large(choices):
    alone = Choices(**choices)
    each = alone.model_copy(update={"batch_per_rank": True})
    assert build_plan(alone, 1000, 15, ranks=3).rows() == build_plan(alone, 1000, 15).rows()
    assert build_plan(each, 1000, 15).rows() == build_plan(alone, 1000, 15).rows()
    for row, one in zip(
        build_plan(each, 1000, 15, ranks=3).rows(), build_plan(alone, 1000, 15).rows(), strict=True
    ):
        assert row.batch_size == 3 * one.batch_size
        assert row.steps == math.ceil(1000 / (row.batch_size * alone.accumulate))


@pytest.mark.parametrize("policy", ["one_cycle", "warm_restarts", "explore_exploit"])
def test_a_floor_is_the_same_plan_as_the_rate_that_it_comes_to(policy):
    floor = Choices(lr_policy=policy, lr_max=3e-3, lr_floor=0.1)
    rate = Choices(lr_policy=policy, lr_max=3e-3, lr_min=3e-4)
    other = Choices(lr_policy=policy, lr_max=3e-3, lr_floor=0.2)
    assert build_plan(floor, 1000, 3).signature() == build_plan(rate, 1000, 3).signature()
    assert build_plan(floor, 1000, 3).signature() != build_plan(other, 1000, 3).signature()
