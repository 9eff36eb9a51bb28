from dataclasses import replace

from paretocaps.domain.effect import Effect
from paretocaps.search.same_training import SameTraining
from paretocaps.testing.probe import PROBE

CALLS = []


def effects(epochs, facts):
    def rounded(values):
        CALLS.append(values)
        return round(values["learning_rate"] * epochs * facts.get("training images", 1))

    return (Effect(("learning_rate",), rounded),)


def test_without_effects_other_choices_are_another_training():
    same = SameTraining(PROBE, 1, None)
    assert same.key({"learning_rate": 0.2, "failure": ""}) == same.key({"failure": "", "learning_rate": 0.2})
    assert same.key({"learning_rate": 0.2}) != same.key({"learning_rate": 0.3})
    assert same.key({"learning_rate": 0.2}) == same.key({"learning_rate": 0.2, "failure": ""})  # the default


def test_choices_that_an_effect_names_act_through_it_alone():
    trainer = replace(PROBE, effects=f"{__name__}:effects")
    once, twice = SameTraining(trainer, 1, {}), SameTraining(trainer, 10, {"training images": 100})
    assert once.key({"learning_rate": 0.2}) == once.key({"learning_rate": 0.3})
    assert twice.key({"learning_rate": 0.2}) != twice.key({"learning_rate": 0.3})
    assert once.key({"learning_rate": 0.2, "failure": "x"}) != once.key({"learning_rate": 0.2})


def test_an_effect_is_asked_once_for_the_same_values():
    same = SameTraining(replace(PROBE, effects=f"{__name__}:effects"), 1, {})
    CALLS.clear()
    for failure in ("a", "b", "c"):
        same.key({"learning_rate": 0.2, "failure": failure})
    assert CALLS == [{"learning_rate": 0.2}]
