from dataclasses import replace
from typing import Annotated, Literal

import pytest
from pydantic import Field

from paretocaps.domain.brought_choices import check_family, choices_model
from paretocaps.domain.choices import Choices
from paretocaps.domain.choices_model import canonical_choices, parse_choices, parse_value
from paretocaps.domain.condition import Condition
from paretocaps.domain.families.families import FAMILIES
from paretocaps.domain.families.family import Family, OwnChoice
from paretocaps.errors import ParetocapsError, UsageError
from paretocaps.models.architecture import Architecture, architecture
from paretocaps.testing.plugin import write_plugin

WIDTH = OwnChoice(type=Annotated[int, Field(ge=1, le=9)], default=4, description="How wide it is.")
SHAPE = OwnChoice(
    type=Literal["round", "flat"],
    default="round",
    description="What the wide ones look like.",
    when=Condition.above("width", 4),
)


def registered(monkeypatch, **families):
    monkeypatch.setattr(FAMILIES, "_entries", dict(FAMILIES._entries))
    for name, more in families.items():
        said = {"description": "a toy", "module": "toy:Net", "choices": (), "smallest_side": 8} | more
        FAMILIES.register(name, Family(name=name, **said))
    return choices_model()


@pytest.fixture
def model(monkeypatch):
    return registered(monkeypatch, toy={"own": {"width": WIDTH, "shape": SHAPE}}, other={})


def test_without_such_families_it_is_the_trainers_own_model():
    assert choices_model() is Choices


def test_own_choices_come_last_with_type_default_and_meaning(model):
    assert list(model.model_fields) == [*Choices.model_fields, "width", "shape"]
    assert model.model_fields["width"].description == "How wide it is."
    assert parse_value(model, "width", "7") == 7
    assert canonical_choices(model, {"family": "toy"})["width"] == 4


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"family": "toy", "width": 10}, "choice width=10 is not allowed: it should be less than or equal"),
        ({"family": "toy", "shape": "flat"}, "only applies where family is toy and width is above 4"),
        ({"family": "lenet5", "width": 2}, "width=2 only applies where family is toy"),
        ({"width": 2}, "width=2 only applies where family is toy"),
        ({"family": "toy", "wdth": 2}, "unknown choice 'wdth': did you mean 'width'?"),
        ({"family": "toi"}, "did you mean 'toy'?"),
    ],
)  # fmt: skip
def test_they_are_refused_in_one_line(model, values, message):
    with pytest.raises(UsageError) as refused:
        parse_choices(model, values)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_other_families_do_not_have_them(model):
    for family in ("capsnet", "lenet5", "other"):
        assert not {"width", "shape"} & set(canonical_choices(model, {"family": family}))


def test_an_architecture_keeps_them(model):
    made = architecture(model(family="toy", width=7), 10, 10, 1, 3)
    assert (made.own_choice("width"), made.own_choice("shape")) == (7, "round")
    assert Architecture.model_validate_json(made.model_dump_json()) == made
    assert '"own"' not in architecture(model(), 10, 10, 1, 3).model_dump_json()


def test_a_family_may_take_some_values_only(monkeypatch):
    one = {
        "choices": ("routing", "decoder"),
        "allowed": {"routing": ("sda",)},
        "defaults": {"routing": "sda"},
    }
    model = registered(monkeypatch, toy=one)
    assert model(family="toy").routing == "sda"
    with pytest.raises(UsageError, match="routing=rba is not possible with family=toy: use sda"):
        parse_choices(model, {"family": "toy", "routing": "rba"})


def test_a_choice_of_the_trainers_cannot_be_a_familys_own(monkeypatch):
    model = registered(monkeypatch, toy={"own": {"blocks": WIDTH}})
    assert model is not None
    with pytest.raises(UsageError, match="family=toy adds the choice blocks, but that name is taken"):
        parse_choices(model, {"family": "toy"})
    assert canonical_choices(model, {}) == canonical_choices(Choices, {})


def test_families_share_a_choice_that_is_the_same_and_no_other(monkeypatch):
    model = registered(
        monkeypatch,
        toy={"own": {"width": WIDTH}},
        same={"own": {"width": WIDTH}},
        other={"own": {"width": SHAPE}},
    )
    assert model(family="toy", width=2).width == model(family="same", width=2).width == 2
    with pytest.raises(UsageError, match="family=other adds the choice width, but that name is taken"):
        parse_choices(model, {"family": "other"})


def test_a_broken_plug_in_breaks_nothing_but_itself(monkeypatch, tmp_path):
    write_plugin(tmp_path, "toy-parts", {"paretocaps.families": {"toy": "no_such_module:TOY"}})
    monkeypatch.syspath_prepend(str(tmp_path))
    assert canonical_choices(choices_model(), {"family": "lenet5"})["family"] == "lenet5"
    with pytest.raises(UsageError, match="only applies where family is momentum_caps"):
        parse_choices(choices_model(), {"gamma": 0.5})
    with pytest.raises(ParetocapsError, match="^family 'toy' of the package 'toy-parts' cannot be loaded: "):
        parse_choices(choices_model(), {"family": "toy"})


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"name": "other"}, "its descriptor is called 'other'"),
        ({"choices": ("nothing",)}, "it names 'nothing', which is no choice"),
        ({"defaults": {"nothing": 1}}, "it names 'nothing', which is no choice"),
        ({"own": {"blocks": WIDTH}}, "it adds the choice 'blocks', a name that is taken"),
        ({"own": {"active": WIDTH}}, "it adds the choice 'active', a name that is taken"),
        ({"own": {"model_dump": WIDTH}}, "it adds the choice 'model_dump', a name that is taken"),
        ({"own": {"_wide": WIDTH}}, "it adds the choice '_wide': write letters"),
        ({"own": {"shape": SHAPE}}, "it names 'width', which is no choice"),
        ({"own": {"width": replace(WIDTH, default=0)}}, "the default 0 of its choice 'width' is not allowed"),
        ({"own": {"width": replace(WIDTH, type=3)}}, "the type 3 of its choice 'width' is nothing"),
    ],
)
def test_a_familys_descriptor_is_checked(more, wrong):
    family = {"name": "toy", "description": "a toy", "module": "toy:Net", "choices": (), "smallest_side": 8}
    check_family("toy", Family(**family, own={"width": WIDTH, "shape": SHAPE}))
    with pytest.raises(UsageError, match=f"^{wrong}"):
        check_family("toy", Family(**family | more))


@pytest.mark.parametrize("name", list(FAMILIES))
def test_descriptors_of_the_families_pass_their_check(name):
    check_family(name, FAMILIES.get(name))


def test_defaults_that_fail_are_told_with_the_package(monkeypatch, tmp_path):
    write_plugin(tmp_path, "toy-parts", {"paretocaps.families": {"toy": "toy_that_divides:TOY"}})
    (tmp_path / "toy_that_divides.py").write_text(
        "from paretocaps.domain.families.family import Family\n"
        "TOY = Family(name='toy', description='a toy', module='toy:Net', smallest_side=8, choices=(),\n"
        "    defaults={'batch_size': lambda values: 1 // (values.get('epochs', 2) - 2)})\n"
    )
    monkeypatch.setattr(FAMILIES, "_entries", dict(FAMILIES._entries))
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(
        ParetocapsError, match="^family 'toy' of the package 'toy-parts' cannot be used: Zero"
    ):
        parse_choices(choices_model(), {"family": "toy"})
