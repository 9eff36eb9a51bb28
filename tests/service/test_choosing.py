import pytest

from paretocaps import service
from paretocaps.domain.choices import Choices
from paretocaps.domain.space import Space
from paretocaps.errors import UnknownNameError
from paretocaps.service.choosing import sampled_text
from paretocaps.training.spaces import PAPERS, TRAINING

FOUND = {view.facts.name: view for view in service.choices()}


def test_every_choice_of_the_trainer_is_there():
    assert list(FOUND) == list(Choices.model_fields)


def test_what_the_default_space_samples_is_said():
    assert {name for name, view in FOUND.items() if view.sampled} == {p.name for p in TRAINING}
    assert FOUND["batch_size"].summary()["sampled"] == "16, 32, 64, 128"
    assert FOUND["weight_sharing"].summary()["sampled"] == "false, true"
    assert FOUND["lr_max"].summary()["sampled"] == "0.0003 to 0.01 (log)"
    assert FOUND["lr_min"].summary()["sampled"] == ""


def test_what_a_named_space_samples_is_said():
    views = service.choices(space="papers")
    assert {view.facts.name for view in views if view.sampled} == {p.name for p in PAPERS}
    with pytest.raises(
        UnknownNameError, match="unknown space of trainer 'capsnet' 'paper': did you mean 'papers'"
    ):
        service.choices(space="paper")


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ({"low": 3e-4, "high": 3e-3, "log": True}, "0.0003 to 0.003 (log)"),
        ({"low": 1, "high": 5, "step": 2}, "1 to 5 by 2"),
    ],
)
def test_ranges_are_said_by_their_ends(entry, text):
    (parameter,) = Space.parse({"x": entry})
    assert sampled_text(parameter) == text


def test_one_choice_in_words():
    assert FOUND["decay_every"].summary() == {
        "choice": "decay_every",
        "values": "whole number from 1",
        "default": "2000; 2 for lr_policy=step_decay; 1 for lr_policy=epoch_decay",
        "where": "lr_policy is exponential or step_decay or epoch_decay",
        "sampled": "",
        "meaning": Choices.model_fields["decay_every"].description,
    }
    assert FOUND["lr_min"].default == "0.0001; 3e-05 for lr_policy=explore_exploit or optimizer=ranger21"
    assert FOUND["blocks"].default == "0; 1 for family=residual_caps or momentum_caps"
    assert FOUND["gamma"].values == "number from 0 below 1"
    assert FOUND["checkpoint"].default == "-"


def test_a_condition_names_the_fewer_values():
    families = "family is not backbone_linear nor lenet5"
    assert FOUND["routing_gradient"].where == f"{families} and routing_iterations is above 1"


def test_one_choice_as_a_dictionary():
    (view,) = service.choices(name="decoder")
    found = view.as_dict()
    assert list(found) == [
        "choice",
        "type",
        "values",
        "meanings",
        "bounds",
        "default",
        "default_where",
        "condition",
        "description",
        "sampled",
    ]
    assert found["sampled"] == {"values": ["full", "reduced", "none"]}
    assert found["default_where"]["family"]["resnet_caps"] == "none"


def test_unknown_names_have_the_nearest_one():
    with pytest.raises(UnknownNameError, match="unknown choice 'lr_polcy': did you mean 'lr_policy'"):
        service.choices(name="lr_polcy")
    with pytest.raises(UnknownNameError, match="unknown trainer 'capsnets': did you mean 'capsnet'"):
        service.choices("capsnets")
