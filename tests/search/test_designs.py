import pytest

from paretocaps.domain.space import Space
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.search.designs import check_designs, place

CAPSNET = TRAINERS.get("capsnet")


@pytest.mark.parametrize("name", list(CAPSNET.designs))
def test_every_design_has_its_place_in_the_default_space(name):
    design = CAPSNET.designs[name]
    sampled = place(CAPSNET, CAPSNET.space, {}, design)
    assert CAPSNET.complete(sampled, {}) == CAPSNET.canonical(design)


def test_a_design_that_contradicts_a_fixed_choice_says_which():
    with pytest.raises(UsageError, match="it has lr_policy=one_cycle, fixed to fixed"):
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


def test_a_skipped_design_is_said_aloud(run):
    _, watcher = run(fix={"learning_rate": 0.5}, space={"failure": [""]}, trials=1)
    assert "design slow is left out: it has learning_rate=0.01, fixed to 0.5" in watcher.notices
