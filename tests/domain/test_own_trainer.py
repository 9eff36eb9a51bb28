import dataclasses

import pytest

from paretocaps.domain.own_function import OwnFunction, called
from paretocaps.domain.own_trainer import found, register, register_trainer, registered
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import ParetocapsError, UsageError
from paretocaps.testing.probe import PROBE


def svm(choices, report):
    """Train a support vector machine.

    More of it.
    """
    return {"acc": choices["c"]}


def net(hidden=16, act="relu", classes=10):
    """Build a network."""


def test_a_function_has_the_choices_of_its_space_and_its_designs():
    space = {"c": {"low": 0.1, "high": 1, "log": True}, "kernel": ["linear", "rbf"]}
    spec = register_trainer(svm, version="2", space=space, designs={"plain": {"c": 1, "degree": 3}})
    assert spec.name.endswith("svm@2")
    assert spec.description == "Train a support vector machine."
    assert spec.canonical({"kernel": "rbf"}) == {"c": 0.1, "kernel": "rbf", "degree": 3}
    assert spec.parse_fix({"c": "0.5", "degree": "4"}) == {"c": 0.5, "degree": 4}
    assert registered(svm) is TRAINERS.get(spec.name)
    with pytest.raises(UsageError, match="unknown choice 'kernal': did you mean 'kernel'"):
        spec.canonical({"kernal": "rbf"})


def test_what_a_study_fixes_is_a_choice_and_leaves_the_default_space():
    spec = register(OwnFunction(net), {}, {}, fixed={"hidden": 64, "act": "tanh"})
    assert {one.name for one in spec.space} == {"lr_policy", "lr_max", "batch_size"}
    assert spec.parse_fix({"hidden": "64"}) == {"hidden": 64}
    bare = register(OwnFunction(svm), {"c": [1, 2]}, {}, fixed={"degree": 3})
    assert bare.canonical({}) == {"degree": 3, "c": 1}


def test_registering_again_replaces_a_function_and_nothing_else():
    first = register_trainer(svm, version="3", space={"c": [1, 2]})
    second = register_trainer(svm, space={"c": [1, 2, 3]})  # in the version that it has
    assert first.name == second.name
    assert TRAINERS.get(first.name) is second
    with pytest.raises(ParetocapsError, match="trainer 'capsnet' is registered already"):
        register_trainer(dataclasses.replace(PROBE, name="capsnet"))


def test_a_network_has_its_parameters_and_the_built_in_schedules():
    rates = {"low": 1e-3, "high": 1e-1, "log": True}
    spec = register_trainer(net, space={"hidden": [8, 16], "lr_max": rates})
    assert spec.parse_fix({"hidden": "32"}) == {"hidden": 32}
    whole = spec.canonical({"optimizer": "adamw"})
    assert (whole["hidden"], whole["act"], whole["lr_policy"]) == (16, "relu", "fixed")
    assert whole["weight_decay"] == 0.01
    assert "batch_size" not in spec.canonical({"batch_schedule": "adabatch"})
    assert {one.name for one in register_trainer(net).space} == {"lr_policy", "lr_max", "batch_size"}


@pytest.mark.parametrize(
    ("function", "space", "message"),
    [
        (lambda lr_max=1: None, {}, "has a parameter lr_max, which is a choice of its training: rename it"),
        (lambda hidden: None, {}, r"needs hidden: give it a default, or space={'hidden': \[...\]}"),
        (lambda hidden=1: None, {"hiden": [1]}, "hiden is no parameter of"),
        (lambda choice, report: None, {"c": [1]}, "is not given 'choice': its parameters are choices"),
        (lambda choices, report: None, {"active": [True]}, "no choice can be called 'active': rename it"),
        (lambda conditions=1: None, {}, "no choice can be called 'conditions': rename it"),
        (3, {}, "trainer=3 is not understood: give a function that trains"),
    ],
)
def test_what_cannot_be_built_is_refused_with_the_remedy(function, space, message):
    with pytest.raises(UsageError, match=message):
        register_trainer(function, space=space)


def test_a_worker_finds_a_function_by_its_name_alone():
    assert found("capsnet") is None
    spec = found("paretocaps.testing.probe:reference_step@1")
    assert spec is not None
    assert called(spec.name).called == "reference_step"


def test_a_parameter_that_is_no_choice_may_have_any_name():
    spec = register_trainer(lambda width=1, active=abs, defaults=dict: None)
    assert "width" in spec.choices.model_fields
    assert not {"active", "defaults"} & set(spec.choices.model_fields)
