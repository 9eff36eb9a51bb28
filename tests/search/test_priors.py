import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.space import Space
from paretocaps.search.priors import FIRST, REACH, guided, trust
from paretocaps.search.sequences import sobol, value_at

SPACE = Space.parse(
    {
        "rate": {"low": 1e-4, "high": 1e-1, "log": True, "prior": 1e-3},
        "layers": {"low": 1, "high": 9, "prior": 2},
        "decoder": {"values": ["full", "reduced", "none"], "prior": "none"},
        "policy": ["a", "b"],
    }
)
SHARES = [(number + 0.5) / 1000 for number in range(1000)]


def near(parameter, share):
    value = value_at(parameter, share)
    if parameter.name == "rate":
        return abs(math.log10(value / 1e-3)) <= 3 * REACH
    return abs(value - 2) <= 2 if parameter.name == "layers" else value == "none"


@given(share=st.floats(0.0, 1.0, exclude_max=True), point=st.integers(0, 1000))
def test_guided_shares_are_shares(share, point):
    for parameter in SPACE:
        assert 0.0 <= guided(parameter, share, trust(point)) < 1.0


@pytest.mark.parametrize("parameter", SPACE.parameters[:3], ids=lambda parameter: parameter.name)
def test_the_first_points_lie_near_the_prior_and_later_ones_ever_less(parameter):
    even = sum(near(parameter, share) for share in SHARES)
    found = [
        sum(near(parameter, guided(parameter, share, trust(n))) for share in SHARES) for n in (0, 10, 1e6)
    ]
    assert found[0] == pytest.approx(1000 * FIRST + (1 - FIRST) * even, abs=3)
    assert found[0] > found[1] > found[2] == pytest.approx(even, abs=2)
    assert trust(10) == trust(0) / 2


def test_a_choice_without_a_prior_is_drawn_evenly():
    assert [guided(SPACE.parameters[3], share, 0.9) for share in SHARES] == SHARES
    plain = sobol(SPACE.without_priors(), {}, 3)
    assert not SPACE.without_priors().has_priors
    first = sobol(SPACE, {}, 3)
    assert [next(plain)["policy"] for _ in range(70)] == [next(first)["policy"] for _ in range(70)]


def test_every_value_stays_possible():
    source = sobol(SPACE, {}, 0)
    points = [next(source) for _ in range(40)]
    assert {point["decoder"] for point in points} == {"full", "reduced", "none"}
    assert max(point["rate"] for point in points) > 2e-2
