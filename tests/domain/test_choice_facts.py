from enum import Enum
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import BaseModel, Field

from paretocaps.domain.choice_facts import choice_facts
from paretocaps.domain.choices import Choices
from paretocaps.domain.condition import Condition
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.testing.plugin import plug_in, write_plugin

FACTS = {facts.name: facts for facts in choice_facts(Choices)}


class Pooling(Enum):
    NONE = "none"
    MEAN = "mean"


class Outside(BaseModel):
    step_size: Annotated[float, Field(gt=0.0, le=10.0)] = 0.5
    pooling: Pooling = Pooling.NONE
    data: str = Field(description="Where the data are.")
    layers: list[int] = Field(default_factory=list)


def test_every_choice_is_there_with_its_default_and_meaning() -> None:
    assert list(FACTS) == list(Choices.model_fields)
    assert all(FACTS[name].default == field.default for name, field in Choices.model_fields.items())
    assert all(facts.description for facts in FACTS.values())


def test_values_are_listed_or_bounded() -> None:
    assert FACTS["decoder"].values == ("full", "reduced", "none")
    assert FACTS["weight_sharing"].values == (False, True)
    assert (FACTS["capsules"].values, FACTS["capsules"].type) == ((32, 64), "int")
    assert (FACTS["pruning_ratio"].values, FACTS["pruning_ratio"].bounds) == ((), {"ge": 0.0, "le": 0.95})
    assert FACTS["gamma"].bounds == {"ge": 0.0, "lt": 1.0}


def test_registered_names_are_values_with_meanings() -> None:
    assert FACTS["routing"].values == tuple(ROUTINGS)
    assert FACTS["routing"].meanings == {name: ROUTINGS.get(name).description for name in ROUTINGS}


def test_a_plug_in_that_cannot_be_loaded_is_no_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = ("paretocaps.routings", "paretocaps.families")
    plug_in(monkeypatch, write_plugin(tmp_path, "bent", {group: {"bent": "nowhere:X"} for group in groups}))
    assert choice_facts(Choices) == tuple(FACTS.values())


def test_defaults_that_follow_from_other_choices_are_beside_them() -> None:
    assert FACTS["routing_gradient"].default_where == {"routing": {"sda": "all", "em": "all"}}
    assert FACTS["blocks"].default_where == {"family": {"residual_caps": 1, "momentum_caps": 1}}
    assert FACTS["decay_every"].default_where == {"lr_policy": {"step_decay": 2, "epoch_decay": 1}}
    assert FACTS["primary_capsules"].default_where["backbone"] == {"resnet18": 64, "mobilenet_v1": 128}
    assert FACTS["lr_max"].default_where == {}


def test_conditions_are_those_of_the_model() -> None:
    assert str(FACTS["loss"].condition) == "routing is em"
    assert FACTS["lr_max"].condition == Condition()


def test_any_pydantic_model_can_be_read() -> None:
    step, pooling, data, layers = choice_facts(Outside)
    assert (step.type, step.bounds, step.default, step.description) == (
        "float",
        {"gt": 0.0, "le": 10.0},
        0.5,
        "",
    )
    assert (pooling.type, pooling.values, pooling.default) == ("str", ("none", "mean"), "none")
    assert (data.type, data.default, data.description) == ("str", None, "Where the data are.")
    assert (layers.type, layers.default) == ("list[int]", [])


def test_a_condition_without_listed_values_needs_nothing_beside_it() -> None:
    from paretocaps.domain.choices_model import ChoicesModel

    class Own(ChoicesModel):
        penalty: Literal["none", "l2"] = "none"
        strength: float = 0.0
        conditions: ClassVar = {"strength": Condition.any_of("penalty", "l2")}

    penalty, strength = choice_facts(Own)
    assert penalty.default_where == strength.default_where == {}
    assert str(strength.condition) == "penalty is l2"
