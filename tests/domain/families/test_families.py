import pytest

from paretocaps.domain.choices import Choices
from paretocaps.domain.families.families import BASELINE, FAMILIES
from paretocaps.errors import UnknownNameError


@pytest.mark.parametrize("name", list(FAMILIES))
def test_a_descriptor_is_sound(name):
    family = FAMILIES.get(name)
    assert family.name == name
    assert family.description
    assert {*family.choices, *family.defaults, *family.allowed} <= set(Choices.model_fields)
    assert not set(family.own) & set(Choices.model_fields)
    assert (family.prunes != "nothing") == ("pruning_ratio" in family.choices)


def test_the_baseline_is_registered():
    assert BASELINE in FAMILIES


def test_an_unknown_family_is_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match="unknown family 'capsnt': did you mean 'capsnet'"):
        FAMILIES.get("capsnt")
