import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.space import Space
from paretocaps.errors import UsageError

EXAMPLE = {
    "cycle": {"values": ["epoch", "phase"], "when": {"lr_policy": "warm_restarts"}},
    "lr_policy": ["fixed", "warm_restarts"],
    "lr_max": {"low": 3e-4, "high": 3e-3, "log": True},
    "blocks": {"low": 1, "high": 8},
    "ratio": {"low": 0.0, "high": 0.5, "step": 0.25},
}


def test_conditions_look_backwards_whatever_the_order_of_the_table() -> None:
    names = [parameter.name for parameter in Space.parse(EXAMPLE)]
    assert names.index("lr_policy") < names.index("cycle")
    assert sorted(names) == sorted(EXAMPLE)


def test_a_table_reads_back_to_the_same_space() -> None:
    space = Space.parse(EXAMPLE)
    assert Space.parse(space.table()) == space


def test_points_of_lists_and_ranges() -> None:
    points = {parameter.name: parameter.points() for parameter in Space.parse(EXAMPLE)}
    assert points["ratio"] == (0.0, 0.25, 0.5)
    assert points["blocks"] == tuple(range(1, 9))
    assert points["lr_max"] is None


@pytest.mark.parametrize(
    ("low", "high", "step", "count", "some"),
    [
        (1e-14, 1e-13, 1e-14, 10, {1e-14, 3e-14, 1e-13}),
        (-0.3, 0.3, 0.1, 7, {-0.2, 0.0, 0.3}),
        (0.2, 0.6, 0.2, 3, {0.2, 0.4, 0.6}),
        (1e6, 1e6 + 3e-7, 1e-7, 4, {1e6}),
        (1.7e9, 1.7e9 + 1, 0.001, 1001, {1.7e9 + 0.5}),
    ],
)
def test_points_of_a_range_are_as_they_are_written(low, high, step, count, some) -> None:
    (one,) = Space.parse({"x": {"low": low, "high": high, "step": step}})
    points = one.points()
    assert points is not None
    assert len(set(points)) == count
    assert some <= set(points)


def test_listed_points_are_distinct_and_leave_out_what_has_no_meaning() -> None:
    space = Space.parse({"lr_policy": EXAMPLE["lr_policy"], "cycle": EXAMPLE["cycle"]})
    assert list(space.listed({})) == [
        {"lr_policy": "fixed"},
        {"lr_policy": "warm_restarts", "cycle": "epoch"},
        {"lr_policy": "warm_restarts", "cycle": "phase"},
    ]
    assert list(space.without({"lr_policy": "fixed"}).listed({"lr_policy": "fixed"})) == [{}]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"a": 3}, "space.a=3 is not understood"),
        ({"a": []}, "space.a.values=[] is not a list"),
        ({"a": [[1]]}, "may hold numbers, strings and booleans only"),
        ({"a": {"lo": 1, "high": 2}}, "unknown key 'lo': did you mean 'low'?"),
        ({"a": {"low": 2, "high": 1}}, "space.a is an empty range"),
        ({"a": {"low": 1, "high": 2, "step": 0}}, "space.a is an empty range"),
        ({"a": {"low": 0.0, "high": 2.0, "log": True}}, "space.a is logarithmic"),
        ({"a": {"low": "x", "high": 2}}, "space.a needs `values`, or numbers"),
        ({"a": {"low": 1}}, "space.a needs `values`, or numbers"),
        ({"a": [1.0, float("nan")]}, "space.a has nan, which is not a finite number"),
        ({"a": {"values": [float("-inf")]}}, "space.a has -inf, which is not a finite number"),
        ({"a": {"low": 1, "high": float("inf")}}, "space.a has inf, which is not a finite number"),
        ({"a": {"low": 1, "high": 2, "step": float("nan")}}, "space.a has nan, which is not a finite number"),
        ({"a": {"low": 1, "high": 2, "log": "yes"}}, "space.a.log='yes' is not understood: write true or"),
        ({"a": {"low": 1, "high": 2, "log": 1}}, "space.a.log=1 is not understood: write true or"),
        ({"a": {"values": [1], "low": 1, "high": 2}}, "space.a has both `values` and `high`: give one"),
        ({"a": {"values": [1, 2], "log": True}}, "space.a has both `values` and `log`: give one"),
        (
            {"a": {"values": [1], "when": {"b": 1}}, "b": {"values": [1], "when": {"a": 1}}},
            "the conditions of a, b form a circle",
        ),
    ],
)
def test_a_bad_space_names_what_is_wrong(table: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Space.parse(table)
    assert message in str(caught.value)


def test_a_continuous_range_cannot_be_listed() -> None:
    with pytest.raises(UsageError, match="lr_max is a continuous range"):
        list(Space.parse(EXAMPLE).listed({}))


def test_too_many_combinations_are_not_listed() -> None:
    space = Space.parse({name: list(range(10)) for name in "abcdefg"})
    assert space.combinations == 10**7
    with pytest.raises(UsageError, match="10000000 combinations: fix some choices"):
        next(space.listed({}))
    assert Space.parse(EXAMPLE).combinations is None


@given(st.integers(-50, 50), st.integers(1, 60), st.integers(1, 7))
def test_integer_points_stay_inside_and_start_at_low(low: int, width: int, step: int) -> None:
    (parameter,) = Space.parse({"n": {"low": low, "high": low + width, "step": step}})
    points = parameter.points()
    assert points is not None
    assert points == tuple(range(low, low + width + 1, step))


def test_a_prior_is_one_of_the_values_or_in_the_range() -> None:
    table = {
        "rate": {"low": 1e-4, "high": 1e-1, "log": True, "prior": 1e-3},
        "decoder": {"values": ["full", "none"], "prior": "none"},
        "layers": {"low": 1, "high": 9, "prior": 2},
    }
    space = Space.parse(table)
    assert [parameter.prior for parameter in space] == [1e-3, "none", 2]
    assert space.table() == table
    assert space.has_priors
    assert not space.without_priors().has_priors


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            {"low": 1e-4, "high": 1e-1, "prior": 1.0},
            "space.x.prior=1.0 is none of its values: give one of 0.0001 to 0.1",
        ),
        ({"low": 1e-4, "high": 1e-1, "prior": "a"}, "space.x.prior='a' is none"),
        ({"low": 1, "high": 3, "prior": 1.5}, "space.x.prior=1.5 is none of its values: give one of 1 to 3"),
        ({"values": ["a", "b"], "prior": "c"}, "space.x.prior='c' is none of its values: give one of a, b"),
    ],
)
def test_another_prior_is_refused(entry: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        Space.parse({"x": entry})


def test_a_clause_that_holds_for_what_nobody_chooses_is_left_out() -> None:
    space = Space.parse(
        {"size": {"values": [16, 64], "when": {"schedule": "constant", "ratio": {"above": 0.0}, "x": [1, 2]}}}
    )
    (left,) = space.settled({"schedule": "constant", "ratio": 0.0})
    assert left.when.table() == {"x": [1, 2], "ratio": {"above": 0.0}}
    assert next(iter(space.settled({"schedule": "constant", "ratio": 0.5, "x": 2}))).when.parents == ()
