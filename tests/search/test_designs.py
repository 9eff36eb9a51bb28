import pytest

from paretocaps.domain.space import Space
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.search.designs import check_designs, place, with_designs

CAPSNET = TRAINERS.get("capsnet")


@pytest.mark.parametrize("name", list(CAPSNET.designs))
def test_every_design_has_its_place_in_the_default_space(name):
    design = CAPSNET.designs[name]
    sampled = place(CAPSNET, CAPSNET.space, {}, design)
    assert CAPSNET.complete(sampled, {}) == CAPSNET.canonical(design)


def test_a_design_that_contradicts_a_fixed_choice_says_which():
    with pytest.raises(UsageError, match="it has lr_policy=one_cycle, which is fixed to fixed"):
        place(CAPSNET, CAPSNET.space, {"lr_policy": "fixed"}, CAPSNET.designs["one_cycle"])


def test_a_fixed_choice_that_no_design_names_goes_with_all_of_them():
    space = CAPSNET.space.fixed({"pruning_ratio": 0.5})
    sampled = place(CAPSNET, space, {"pruning_ratio": 0.5}, CAPSNET.designs["ws"])
    assert CAPSNET.complete(sampled, {"pruning_ratio": 0.5})["pruning_ratio"] == 0.5


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"decoder": ["full", "none"]}, "decoder=reduced, which the space does not sample"),
        ({"decoder": ["full", "reduced"]}, "weight_sharing=True, which the space does not sample"),
        (
            {"weight_sharing": [True], "decoder": ["reduced"], "lr_max": {"low": 2e-3, "high": 3e-3}},
            "lr_max=0.001",
        ),
    ],
)
def test_a_design_outside_the_space_says_why(table, message):
    with pytest.raises(UsageError, match=message):
        place(CAPSNET, Space.parse(table), {}, CAPSNET.designs["ws"])


def test_designs_by_name():
    assert check_designs(CAPSNET, None) == tuple(CAPSNET.designs)
    assert check_designs(CAPSNET, ("ws",)) == ("ws",)
    assert check_designs(CAPSNET, ()) == ()
    with pytest.raises(UnknownNameError, match=r"unknown design 'wsa': did you mean 'ws'\?"):
        check_designs(CAPSNET, ("wsa",))


@pytest.mark.slow
def test_a_skipped_design_is_said_aloud(run):
    _, watcher = run(fix={"learning_rate": 0.5}, space={"failure": [""]}, trials=1)
    assert "design slow is left out: it has learning_rate=0.01, which is fixed to 0.5" in watcher.notices


OWN = {"lenet5_exponential": {"family": "lenet5", "lr_policy": "exponential"}}


def test_a_studys_own_designs_come_after_the_trainers():
    trainer = with_designs(CAPSNET, OWN)
    assert check_designs(trainer, None) == (*CAPSNET.designs, "lenet5_exponential")
    assert check_designs(trainer, ("lenet5_exponential", "ws")) == ("lenet5_exponential", "ws")
    assert "lenet5_exponential" not in CAPSNET.designs
    assert with_designs(CAPSNET, {}) == CAPSNET


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"ws": {}}, "design.ws: trainer 'capsnet' already has a design of that name"),
        ({"x": {"family": "lenet"}}, "design.x: choice family='lenet' is not allowed"),
        ({"x": {"famly": "lenet5"}}, "design.x: unknown choice 'famly': did you mean 'family'"),
        ({"x": {"batch_size": 0}}, "design.x: choice batch_size=0 is not allowed"),
    ],
)
def test_designs_that_cannot_be_are_refused_by_name(own, message):
    with pytest.raises(UsageError) as caught:
        with_designs(CAPSNET, own)
    assert message in str(caught.value)


def test_a_design_with_a_choice_that_means_nothing_says_so():
    with pytest.raises(UsageError, match="it has routing=em, which has no meaning with its other choices"):
        place(CAPSNET, CAPSNET.space, {}, {"family": "lenet5", "routing": "em"})


def test_a_choice_without_a_meaning_for_a_design_does_not_stand_in_its_way():
    space = Space.parse(
        {
            "family": ["capsnet", "lenet5"],
            "lr_policy": ["fixed", "exponential"],
            "weight_sharing": [True, False],
            "gamma": {"low": 0.5, "high": 0.9},
        }
    )
    sampled = place(CAPSNET, space, {}, OWN["lenet5_exponential"])
    assert CAPSNET.complete(sampled, {}) == CAPSNET.canonical(OWN["lenet5_exponential"])
    assert sampled.keys() == {"family", "lr_policy", "weight_sharing", "gamma"}


@pytest.mark.slow
def test_own_designs_are_tried_first_and_named(run, storage):
    space = {"learning_rate": [0.05, 0.1, 0.2, 0.4], "failure": [""]}
    own = {"mine": {"learning_rate": 0.2}, "other": {"learning_rate": 0.4}}
    _, watcher = run(space=space, design=own, designs=("other", "mine"), trials=3)
    assert [design for *_, design in watcher.started] == ["other", "mine", None]
    _, again = run(space=space, trials=4)  # what is stored of the study has them still
    assert [design for *_, design in again.started] == [None]
    with pytest.raises(UsageError, match="design.bad: "):
        run(study="t", design={"bad": {"learning_rate": "x"}})
