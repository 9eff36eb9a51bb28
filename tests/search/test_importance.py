"""Which choices decide who is best, per objective."""

import random
from dataclasses import replace

import pytest

from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import parse_objectives
from paretocaps.search import importance as importances
from paretocaps.search.importance import importance

OBJECTIVES = parse_objectives("acc,params")


def trials(count):
    """Accuracy comes from the rate alone, and size from sharing; `cycle` is there with one policy only."""
    made = random.Random(1)
    for number in range(count):
        rate, shared, policy = 10 ** made.uniform(-4, -2), made.random() < 0.5, made.choice("ab")
        choices = {"rate": rate, "shared": shared, "policy": policy, "fixed": 1}
        choices |= {"cycle": made.choice("xy")} if policy == "a" else {}
        acc = 0.9 - abs(rate - 2e-3) * 10
        yield FrontMember(number, choices, {"acc": acc, "params": 100 - 50 * shared + number % 3})


def test_the_choice_that_decides_an_objective_matters_most():
    found = importance(list(trials(60)), OBJECTIVES)
    assert list(found) == ["acc", "params"]
    assert next(iter(found["acc"])) == "rate"
    assert next(iter(found["params"])) == "shared"
    assert "fixed" not in found["acc"]
    assert "cycle" in found["acc"]
    assert 0.999 < sum(found["acc"].values()) < 1.001


def test_designs_which_were_not_drawn_decide_nothing_where_there_are_others():
    drawn = list(trials(30))
    design = FrontMember(99, {**drawn[0].choices, "shared": False}, {"acc": 0.99, "params": 1}, "baseline")
    assert importance(
        [*drawn, *[replace(design, trial=100 + n) for n in range(8)]], OBJECTIVES
    ) == importance(drawn, OBJECTIVES)
    assert list(importance([replace(one, design="baseline") for one in drawn], OBJECTIVES)) == [
        "acc",
        "params",
    ]


def test_few_trials_and_equal_values_tell_nothing():
    assert importance(list(trials(9)), OBJECTIVES) == {}
    equal = [FrontMember(n, {"a": n}, {"acc": 0.5, "params": n}) for n in range(20)]
    assert list(importance(equal, OBJECTIVES)) == ["params"]
    same = [FrontMember(n, {"a": 1}, {"acc": n / 20, "params": 1}) for n in range(20)]
    assert importance(same, OBJECTIVES) == {"acc": {}}


def test_what_random_best_trials_show_matters_nothing():
    made = random.Random(0)
    by_chance = [
        FrontMember(
            n,
            {"a": made.choice([0.0, 1e-4, 3e-3, 0.1]) * made.random(), "b": n % 2},
            {"acc": 0.5 + n % 2 * 0.2 + made.random() * 0.1, "params": 1},
        )
        for n in range(50)
    ]
    assert importance(by_chance, OBJECTIVES) == {"acc": {"b": 1.0, "a": 0.0}}


@pytest.mark.slow
def test_of_many_choices_none_stands_out_by_chance():
    made = random.Random(3)
    found = 0
    for _ in range(10):
        guessed = [
            FrontMember(
                n, {f"c{i}": made.choice("abc") for i in range(15)}, {"acc": made.random(), "params": 1}
            )
            for n in range(24)
        ]
        found += sum(share > 0 for share in importance(guessed, OBJECTIVES)["acc"].values())
    assert found <= 3  # one choice in twenty each time would be 7


def test_of_many_trials_enough_are_compared(monkeypatch):
    monkeypatch.setattr(importances, "_ENOUGH", 40)
    assert importance(list(trials(80)), OBJECTIVES) == importance(list(trials(80))[::2], OBJECTIVES)
