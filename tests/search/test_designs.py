import pytest

from paretocaps.domain.space import Space
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.search.designs import StudyDesigns, check_designs, meant, with_designs
from paretocaps.search.same_training import SameTraining

CAPSNET = TRAINERS.get("capsnet")


def place(name, table=None, fix=None, epochs=30, **spec):
    """Return a design as it is in a study of that space, with those fixed choices."""
    asked = StudySpec(fix=fix or {}, **spec)
    trainer = with_designs(CAPSNET, asked.design)
    parsed = trainer.parse_fix(asked.fix)
    space = (CAPSNET.space if table is None else Space.parse(table)).without(parsed)
    return StudyDesigns(asked, trainer, space, parsed, SameTraining(trainer, epochs, None)).of(name)


@pytest.mark.parametrize("name", list(CAPSNET.designs))
def test_every_design_has_its_place_in_the_spaces_of_the_papers_and_of_training(name):
    for space in ("papers", "training"):
        found = place(name, CAPSNET.spaces[space].table())
        same = SameTraining(CAPSNET, 30, None)
        assert found.choices == CAPSNET.canonical(CAPSNET.designs[name])
        assert same.key(found.choices) == same.key(CAPSNET.complete(found.sampled, {}))
        assert not found.fixed
    assert found.sampled.get("lr_floor", 0.1) == 0.1


@pytest.mark.parametrize(
    ("name", "choice"), [("one_cycle", "one_cycle"), ("ws", "fixed"), ("wab_ws", "warm_restarts")]
)
def test_a_design_that_contradicts_a_fixed_choice_says_which(name, choice):
    with pytest.raises(UsageError, match=f"it has lr_policy={choice}, which is fixed to exponential"):
        place(name, fix={"lr_policy": "exponential"})


def test_a_fixed_choice_that_a_design_does_not_name_supplements_it():
    found = place("ws", fix={"pruning_ratio": "0.5", "decoder": "reduced"})
    assert found.choices["pruning_ratio"] == 0.5
    assert found.fixed == {"pruning_ratio": 0.5}
    assert place("baseline", fix={"family": "lenet5", "decoder": "none"}).fixed == {"family": "lenet5"}
    assert not place("baseline", fix={"decoder": "full", "optimizer": "adam"}).fixed  # as without


def test_fixed_choices_without_effect_are_no_supplement():
    assert not place("baseline", fix={"optimizer": "adamw", "weight_decay": 0.0}).fixed
    assert not place("adabatch", fix={"adabatch_p": 5}, epochs=3).fixed
    assert place("adabatch", fix={"adabatch_p": 5}, epochs=4).fixed == {"adabatch_p": 5}


def test_the_file_of_a_design_is_no_supplement():
    own = {"design": {"small": {"decoder": "none"}}, "fix": {"augment": "shift", "lr_max": 0.01}}
    assert not place("small", **own).fixed
    assert place("small", **own, file_fix={"augment": "shift"}).fixed == {"lr_max": 0.01}
    assert place("exponential", **own, file_fix={"augment": "shift"}).fixed == {
        "augment": "shift",
        "lr_max": 0.01,
    }


def test_what_a_design_means_by_itself():
    file = {"fix": {"augment": "shift", "precision": "fp32"}, "file_fix": {"augment": "shift"}}
    spec = StudySpec(design={"small": {"family": "lenet5"}}, **file)
    trainer = with_designs(CAPSNET, spec.design)
    assert meant(trainer, spec, "ws") == CAPSNET.canonical(CAPSNET.designs["ws"])
    assert meant(trainer, spec, "small") == CAPSNET.canonical({"family": "lenet5", "augment": "shift"})


def test_a_choice_without_effect_neither_contradicts_nor_has_to_be_sampled():
    table = CAPSNET.space.without(["growth"]).table()
    wab = place("wab", table, epochs=5)
    assert wab.choices == CAPSNET.canonical(CAPSNET.designs["wab"])
    assert wab.choices["growth"] == "once"
    assert "growth" not in wab.sampled
    with pytest.raises(UsageError, match="it has growth=once, which the space does not sample"):
        place("wab", table, epochs=9)
    assert place("wab", fix={"growth": "doubling"}, epochs=5).choices["growth"] == "doubling"
    with pytest.raises(UsageError, match="it has growth=once, which is fixed to doubling"):
        place("wab", fix={"growth": "doubling"}, epochs=9)


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
        place("ws", table)
    with pytest.raises(UsageError, match="it has family=lenet5, which the space does not sample"):
        place("small", design={"small": {"family": "lenet5"}})


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
        place("x", design={"x": {"family": "lenet5", "routing": "em"}})


def test_a_choice_without_a_meaning_for_a_design_does_not_stand_in_its_way():
    table = {
        "family": ["capsnet", "lenet5"],
        "lr_policy": ["fixed", "exponential"],
        "weight_sharing": [True, False],
        "gamma": {"low": 0.5, "high": 0.9},
    }
    found = place("lenet5_exponential", table, design=OWN)
    assert CAPSNET.complete(found.sampled, {}) == CAPSNET.canonical(OWN["lenet5_exponential"])
    assert found.sampled.keys() == {"family", "lr_policy", "weight_sharing", "gamma"}


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
