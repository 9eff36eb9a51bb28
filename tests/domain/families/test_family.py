import pytest

from paretocaps.domain.families.family import CAPSULE_CHOICES, PLAIN, Family

TOY = {"name": "toy", "description": "a toy", "module": "toy:Net", "smallest_side": 10}


def test_a_family_has_capsules_where_routing_has_a_meaning():
    assert Family(**TOY).has_capsules
    assert not Family(**TOY, choices=()).has_capsules


def test_defaults_may_follow_from_what_is_set():
    family = Family(**TOY, defaults={"decoder": "none", "capsules": lambda values: 2 * values["types"]})
    assert family.default_choices({"types": 3}) == {"decoder": "none", "capsules": 6}


def test_a_choice_may_name_the_trunk():
    assert Family(**TOY).trunk_of({}) == PLAIN
    assert Family(**TOY, trunk="alexnet").trunk_of({"backbone": "resnet18"}) == "alexnet"
    chosen = Family(**TOY, choices=(*CAPSULE_CHOICES, "backbone"), trunk_choice="backbone")
    assert chosen.trunk_of({"backbone": "resnet18"}) == "resnet18"


@pytest.mark.parametrize(
    ("said", "sides"),
    [
        ({"resizes": "never"}, {8: None, 10: None, 30: None}),
        ({"resizes": "smaller"}, {8: 10, 10: None, 30: None}),
        ({"resizes": "smaller", "own_side": 20}, {8: 20, 19: 20, 20: None, 30: None}),
        ({"resizes": "always", "own_side": 20}, {8: 20, 20: 20, 30: 20}),
    ],
)
def test_images_are_resized_as_the_family_says(said, sides):
    family = Family(**TOY, **said)
    assert {side: family.resized(side) for side in sides} == sides
