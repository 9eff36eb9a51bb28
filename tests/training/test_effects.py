"""The trainings that choices come to: equal keys mean equal plans and networks, and the other way round."""

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.job import DataSpec
from paretocaps.errors import UsageError
from paretocaps.models.architecture import architecture
from paretocaps.schedules.plan import build_plan
from paretocaps.schedules.pruning_start import warmup_epochs
from paretocaps.search.same_training import SameTraining
from paretocaps.training.check import check_data
from paretocaps.training.spec import CAPSNET
from paretocaps.training.train import train

FACTS = {"training images": 60, "pixel rows": 28, "pixel columns": 28}


@pytest.mark.slow
def test_the_papers_space_has_as_many_trainings_as_its_schedules_tell_apart():
    points = [CAPSNET.complete(point, {}) for point in CAPSNET.spaces["papers"].listed({})]
    digits = {"training images": 1294, "pixel rows": 8, "pixel columns": 8}
    found = {n: len(set(map(SameTraining(CAPSNET, n, digits).key, points))) for n in (1, 3, 4, 5, 8, 9)}
    assert len(points) == 3696
    assert found == {1: 672, 3: 1176, 4: 2184, 5: 2184, 8: 2184, 9: 3696}


def key(values, epochs=5, facts=FACTS):
    return SameTraining(CAPSNET, epochs, facts).key(CAPSNET.canonical(values))


@pytest.mark.parametrize(
    ("one", "other", "epochs"),
    [
        ({"family": "momentum_caps", "gamma": 0.0}, {"family": "residual_caps"}, 5),
        ({"optimizer": "adamw", "weight_decay": 0.0}, {}, 5),
        ({"lr_policy": "step_decay"}, {"lr_policy": "epoch_decay"}, 1),
        ({"lr_policy": "warm_restarts", "lr_min": 1e-3}, {}, 5),
        ({"lr_policy": "warm_restarts", "cycle": "phase"}, {"lr_policy": "warm_restarts"}, 1),
        ({"batch_schedule": "adabatch", "first_batch": 16, "growth": "once"}, {"batch_size": 16}, 5),
        ({"batch_size": 64}, {"batch_size": 128}, 5),
        ({"batch_size": 30, "accumulate": 2}, {"batch_size": 30, "accumulate": 3}, 5),
        ({"pruning_ratio": 0.5, "pruning_start": 0.2}, {"pruning_ratio": 0.5, "pruning_start": 0.1}, 5),
        ({"patience": 4}, {}, 5),
        ({"image_size": 28}, {}, 5),
        ({"batch_per_rank": True}, {}, 5),
        ({"ranks": 1}, {}, 5),
        ({"family": "resnet_caps", "image_size": 78}, {"family": "resnet_caps"}, 5),
    ],
)
def test_two_spellings_of_a_training_have_one_key(one, other, epochs):
    assert key(one, epochs) == key(other, epochs)
    assert key({**one, "augment": "shift"}, epochs) != key(other, epochs)


@pytest.mark.parametrize(
    ("one", "other", "epochs"),
    [
        ({"family": "momentum_caps", "gamma": 0.1}, {"family": "residual_caps"}, 5),
        ({"optimizer": "adamw", "weight_decay": 0.1}, {"weight_decay": 0.1}, 5),
        ({"lr_policy": "step_decay"}, {"lr_policy": "epoch_decay"}, 2),
        ({"batch_size": 59}, {"batch_size": 60}, 5),
        ({"batch_size": 30, "accumulate": 2}, {"batch_size": 60}, 5),
        ({"batch_schedule": "adabatch", "growth": "once"}, {"batch_schedule": "adabatch"}, 9),
        ({"patience": 3}, {}, 5),
        ({"beta2": 0.99}, {}, 5),
    ],
)
def test_two_trainings_have_two_keys(one, other, epochs):
    assert key(one, epochs) != key(other, epochs)


def test_ranks_make_other_trainings_and_a_batch_of_each_is_a_larger_one_of_all():
    two = {**FACTS, "ranks": 2}
    each = {"batch_size": 8, "batch_per_rank": True}
    assert key(each, facts=two) == key({"batch_size": 16}, facts=two) != key({"batch_size": 8}, facts=two)
    assert key({}, facts=two) == key({"ranks": 2}, facts=two) != key({"ranks": 1}, facts=two)


def test_images_of_unknown_number_and_size_are_many_and_of_any_size():
    assert key({"batch_size": 64}, facts={}) != key({"batch_size": 128}, facts={})
    assert key({"image_size": 28}, facts={}) != key({}, facts={})
    assert key({"batch_schedule": "adabatch", "growth": "once"}, 5, {}) == key(
        {"batch_schedule": "adabatch"}, 5, {}
    )


def test_a_trial_from_before_a_choice_existed_is_the_training_with_its_default():
    choices = CAPSNET.canonical({"lr_policy": "one_cycle"})
    older = {n: v for n, v in choices.items() if n not in ("patience", "standardise", "accumulate", "lr_min")}
    same = SameTraining(CAPSNET, 5, FACTS)
    assert same.key(older) == same.key(choices)


CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "family": st.sampled_from(["capsnet", "residual_caps", "momentum_caps", "lenet5"]),
        "gamma": st.sampled_from([0.0, 0.5]),
        "image_size": st.sampled_from([0, 28]),
        "lr_policy": st.sampled_from(
            ["fixed", "exponential", "one_cycle", "warm_restarts", "step_decay", "epoch_decay"]
        ),
        "cycle": st.sampled_from(["epoch", "phase"]),
        "decay_every": st.sampled_from([1, 2]),
        "lr_min": st.sampled_from([1e-4, 1e-3]),
        "batch_schedule": st.sampled_from(["constant", "adabatch"]),
        "batch_size": st.sampled_from([8, 16, 128, 256]),
        "first_batch": st.sampled_from([8, 16]),
        "first_epochs": st.sampled_from([1, 3]),
        "phase_epochs": st.sampled_from([1, 5]),
        "adabatch_p": st.sampled_from([3, 4]),
        "growth": st.sampled_from(["doubling", "once"]),
        "accumulate": st.sampled_from([1, 2]),
        "optimizer": st.sampled_from(["adam", "adamw"]),
        "weight_decay": st.sampled_from([0.0, 0.01]),
        "weight_sharing": st.booleans(),
        "pruning_ratio": st.sampled_from([0.0, 0.5]),
        "pruning_start": st.sampled_from([0.0, 0.2, 0.3]),
        "patience": st.sampled_from([0, 1, 2, 9]),
    },
)


def realised(choices, epochs):
    """Return what a training does, step by step, and what it is done to: the slow definition."""
    images = FACTS["training images"]
    plan = build_plan(choices, images, epochs)
    steps = []
    for epoch in range(1, epochs + 1):
        left = images
        for rate in plan.learning_rates(epoch):
            taken = min(left, plan.batch_size(epoch) * choices.accumulate)
            size = plan.batch_size(epoch)
            passes = tuple(min(size, taken - start) for start in range(0, taken, size))
            steps.append((epoch, rate, passes))
            left -= taken
        assert left == 0
    shape = architecture(choices, 28, 28, 1, 10).model_dump()
    shape["image_size"] = architecture(choices, 28, 28, 1, 10).input_size
    residual = choices.family == "momentum_caps" and choices.gamma == 0.0
    if residual:
        shape["family"] = "residual_caps"
    if shape["family"] != "momentum_caps":
        shape["gamma"] = None
    unread = [] if FAMILIES.get(choices.family).has_capsules else ["weight_sharing", "decoder"]
    decay = choices.weight_decay
    pruned = warmup_epochs(choices, epochs) if FAMILIES.get(choices.family).has_capsules else None
    ends = choices.patience if 0 < choices.patience + 1 + (pruned or 0) < epochs else 0
    return (
        steps,
        {name: value for name, value in shape.items() if name not in unread},
        (choices.optimizer if decay else "adam", decay),
        (pruned, choices.pruning_ratio if pruned is not None else 0.0),
        ends,
    )


@settings(max_examples=60)
@given(CHOICES, CHOICES, st.integers(1, 9))
def test_keys_are_equal_exactly_where_the_plan_and_the_network_are(one, changed, epochs):
    same = SameTraining(CAPSNET, epochs, FACTS)
    try:
        sets = [CAPSNET.complete(values, {}) for values in (one, {**one, **dict(list(changed.items())[:2])})]
    except UsageError:
        reject()
    first, second = (realised(CAPSNET.parse(choices), epochs) for choices in sets)
    assert (same.key(sets[0]) == same.key(sets[1])) == (first == second), sets


@pytest.mark.slow
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"family": "momentum_caps", "gamma": 0.0}, {"family": "residual_caps"}),
        ({"optimizer": "adamw", "weight_decay": 0.0}, {}),
        ({"batch_size": 64, "lr_policy": "warm_restarts"}, {"batch_size": 128}),
        (
            {"batch_schedule": "adabatch", "first_batch": 16, "first_epochs": 1, "growth": "once"},
            {"batch_size": 16},
        ),
    ],
)
def test_trainings_of_one_key_have_the_same_losses_to_the_bit(job, one, other):
    data = DataSpec(limit_train=40)
    facts = {"training images": 40, "pixel rows": 8, "pixel columns": 8}
    assert key(one, 2, facts) == key(other, 2, facts)
    losses = []
    for values in (one, other):
        choices = CAPSNET.canonical({"primary_capsules": 4, "precision": "fp32", **values})
        asked = job(epochs=2).model_copy(update={"data": data, "choices": choices})
        losses.append([record.train_loss for record in train(asked, lambda record: True).epochs])
    assert losses[0] == losses[1]
    assert len(set(losses[0])) == 2


def test_the_facts_are_of_the_images_that_are_trained_on():
    facts = check_data(DataSpec(limit_train=40)).facts
    assert facts == {"training images": 40, "pixel rows": 8, "pixel columns": 8}
    assert all(type(value) is int for value in facts.values())  # JSON holds no numbers of numpy
