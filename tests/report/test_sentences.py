"""What is said of members for people."""

from dataclasses import replace

import pytest

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import OBJECTIVES, parse_objectives
from paretocaps.domain.requirement import parse_requirements
from paretocaps.pareto.along import Change
from paretocaps.report.sentences import (
    aim_text,
    along_text,
    beside,
    beside_neighbours,
    difference_text,
    misses_text,
    neighbours,
    no_member_text,
    trial_name,
)

THREE = parse_objectives("acc,time,params")


def member(trial, acc, time, params, **more):
    return FrontMember(trial, {}, {"acc": acc, "time": time, "params": params}, **more)


BEST = member(1, 0.980, 70.0, 700_000)
SMALL = member(2, 0.966, 10.0, 100_000, design="ws")
TINY = member(3, 0.900, 9.6, 100_000)


def test_a_member_beside_another_in_one_sentence():
    assert beside(SMALL, BEST, THREE) == "1.4 points less, 7x faster, 7x smaller"
    assert beside(BEST, SMALL, THREE) == "1.4 points more, 7x slower, 7x larger"
    assert beside(TINY, SMALL, THREE) == "6.6 points less, 4 % faster, same params"


def test_each_member_is_told_against_the_one_before_it():
    assert beside_neighbours([BEST, SMALL, TINY], THREE) == {
        1: "the best acc",
        2: "1.4 points less, 7x faster, 7x smaller",
        3: "6.6 points less, 4 % faster, same params",
    }
    assert beside_neighbours([], THREE) == {}


def test_the_first_is_the_best_in_what_differs():
    same = [member(n, 0.9, time, params) for n, time, params in ((1, 5.0, 10), (2, 6.0, 9))]
    assert beside_neighbours(same, THREE)[1] == "the best time"
    assert beside_neighbours(same[:1], THREE)[1] == "the best acc"
    assert beside_neighbours([same[0], replace(same[0], trial=3)], THREE)[1] == ""


def test_members_that_no_test_tells_apart_are_level():
    level = member(4, 0.97, 10.0, 90_000, level={"acc": (2,)})
    assert beside(level, SMALL, THREE) == "level in acc, same time, 1.1x smaller"
    assert beside(SMALL, level, THREE).startswith("level in acc, "), "it is told from either side"


@pytest.mark.parametrize(
    ("name", "value", "other", "text"),
    [
        ("time", 0.995, 1.0, "1 % faster"),
        ("acc", 0.9, 0.9001, "same acc"),
        ("robust", 0.9, 0.85, "5.0 points more robust"),
        ("time", 1.0, 12.4, "12x faster"),
        ("time", 2.13, 1.0, "2.1x slower"),
        ("macs", 1e6, 2e6, "2x fewer multiply-adds"),
        ("memory", 3e6, 1e6, "3x more memory"),
        ("latency", 0.0, 0.002, "0.002 s faster to classify"),
    ],
)
def test_differences_have_words_of_their_own(name, value, other, text):
    assert difference_text(OBJECTIVES.get(name), value, other) == text


def test_what_a_trial_misses_is_told_with_its_amount():
    bounds = parse_requirements("acc>=0.99,time<=60,params<=1M,memory<1e9")
    assert misses_text(BEST.values, bounds) == (
        "misses acc>=0.99 by 1.0 points, misses time<=60 by 10.0 s, has no memory"
    )
    assert misses_text(BEST.values, bounds[2:3]) == ""


def test_neighbours_are_the_next_better_members_each_once():
    found = neighbours([BEST, SMALL, TINY], SMALL, THREE)
    assert [(other.trial, names) for other, names in found] == [(1, ("acc",)), (3, ("time",))]
    found = neighbours([BEST, SMALL, TINY], BEST, THREE)
    assert [(other.trial, names) for other, names in found] == [(2, ("time", "params"))]


def test_a_member_that_is_level_or_called_the_same_is_no_better_neighbour():
    level = replace(SMALL, level={"acc": (5,)})
    near, same = replace(BEST, trial=5), member(6, 0.9662, 11.0, 100_000)
    assert neighbours([near, same, level], level, THREE) == []
    assert [one.trial for one, _ in neighbours([BEST, near, same, level], level, THREE)] == [1]


def test_a_trial_has_its_design():
    assert [trial_name(one) for one in (BEST, SMALL)] == ["trial 1", "trial 2 (ws)"]


def test_aims_are_met_or_missed_by_so_much():
    aims = {"acc": 0.98, "time": 9.0}
    assert aim_text(SMALL, aims, THREE) == "misses acc>=0.98 by 1.4 points, misses time<=9 by 1.00 s"
    assert aim_text(BEST, {"acc": 0.98}, THREE) == "meets acc>=0.98"
    assert aim_text(BEST, {"params": 1_234_567}, THREE) == "meets params<=1234567"


@pytest.mark.parametrize(("study", "command"), [("a b", "report 'a b'"), ("-x", "report -- -x")])
def test_who_has_no_front_is_told_a_command_for_its_study(study, command):
    empty = FrontRecord(study, THREE, None, None, ())
    assert f"(paretocaps {command} says why" in no_member_text(empty)


def test_what_changes_along_a_front():
    changes = [
        Change("ratio", "rises", 0.0, 0.7),
        Change("rate", "falls", 0.00881778, 0.001),
        Change("shared", "changes", False, True, 2),
        Change("policy", "varies"),
        Change("cycle", "varies"),
    ]
    assert along_text(changes, [BEST, SMALL, TINY], THREE[0]) == [
        "ratio rises from 0 to 0.7 as acc falls",
        "rate falls from 0.00882 to 0.001 as acc falls",
        "shared is mostly false where acc is 0.9660 or better, and true where it is worse",
        "without an order: policy, cycle",
    ]
