import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.space import Space, holds
from paretocaps.search.encoding import Encoding, is_ordered, share_of
from paretocaps.search.sequences import value_at

SPACE = Space.parse(
    {
        "policy": ["a", "b", "c"],
        "cycle": {"values": [1, 2, 4], "when": {"policy": "a"}},
        "rate": {"low": 1e-4, "high": 1e-1, "log": True},
        "share": {"low": 0.0, "high": 0.9, "step": 0.1},
        "count": {"low": 2, "high": 9},
        "flag": [False, True],
        "only_fixed": {"low": 0.0, "high": 1.0, "when": {"mode": "x"}},
    }
)


def test_a_point_is_a_row_of_shares_and_flags():
    assert [p.name for p in SPACE] == ["policy", "rate", "share", "count", "flag", "only_fixed", "cycle"]
    point = {"policy": "a", "cycle": 4, "rate": 1e-4, "share": 0.9, "count": 2, "flag": True}
    other = {"policy": "c", "rate": 1e-1, "share": 0.0, "count": 9, "flag": False}
    rows = Encoding(SPACE, {}).rows([point, other])
    assert rows.dtype == np.float32
    assert rows.tolist() == [
        [1, 0, 0, 0, 1, 0, 0, 1, -1, 1],
        [0, 0, 1, 1, 0, 1, 1, 0, -1, -1],
    ]


@given(st.integers(0, 9999), st.sampled_from([{}, {"mode": "x"}]))
def test_neighbours_are_points_of_the_space(seed, fix):
    generator, encoding = np.random.default_rng(seed), Encoding(SPACE, fix)
    point = encoding.anywhere(generator)
    for one in (point, encoding.near(point, generator)):
        assert list(one) == [p.name for p in SPACE if holds(p.when, {**fix, **one})]
        for parameter in SPACE:
            if parameter.name in one:
                values, value = parameter.points(), one[parameter.name]
                assert value in values if values else parameter.low <= value <= parameter.high


def test_a_neighbour_differs_in_a_few_choices():
    generator, encoding = np.random.default_rng(0), Encoding(SPACE, {})
    point = {"policy": "b", "rate": 1e-3, "share": 0.5, "count": 5, "flag": True}
    near = [encoding.near(point, generator) for _ in range(300)]
    changes = [sum(one.get(name) != value for name, value in point.items()) for one in near]
    assert 0.7 < np.mean(changes) < 1.6
    assert {one["policy"] for one in near} == {"a", "b", "c"}


@given(st.integers(0, 9))
def test_the_share_of_a_value_leads_back_to_it(place):
    for parameter in SPACE:
        if is_ordered(parameter):
            values = parameter.points() or (parameter.low, parameter.high)
            value = values[place % len(values)]
            share = min(share_of(parameter, value), np.nextafter(1.0, 0.0))
            assert value_at(parameter, share) == pytest.approx(value)
