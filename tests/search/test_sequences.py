from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.space import Space
from paretocaps.search.sequences import grid, sobol, value_at

SPACE = Space.parse(
    {
        "policy": ["a", "b", "c"],
        "cycle": {"values": [1, 2], "when": {"policy": "a"}},
        "rate": {"low": 1e-4, "high": 1e-1, "log": True},
        "count": {"low": 2, "high": 9},
    }
)
FINITE = Space.parse({"policy": ["a", "b"], "cycle": {"values": [1, 2, 3], "when": {"policy": "a"}}})


def test_a_grid_has_every_point_once():
    points = list(grid(FINITE, {}, 3))
    assert len(points) == 4
    assert {tuple(point.items()) for point in points} == {tuple(point.items()) for point in FINITE.listed({})}
    assert points != list(FINITE.listed({})) or points != list(grid(FINITE, {}, 4))


@given(st.integers(0, 1000))
def test_sobol_points_are_spread_and_conditional(seed):
    source = sobol(SPACE, {}, seed)
    points = [next(source) for _ in range(48)]
    assert all(("cycle" in point) == (point["policy"] == "a") for point in points)
    counts = [sum(point["policy"] == policy for point in points) for policy in "abc"]
    assert min(counts) >= 12
    assert sum(point["rate"] < 10**-2.5 for point in points) in range(20, 29)


@given(st.floats(0.0, 1.0, exclude_max=True))
def test_values_stay_inside_their_ranges(share):
    for parameter in SPACE:
        value = value_at(parameter, share)
        assert value in parameter.values if parameter.values else parameter.low <= value <= parameter.high


@given(st.floats(0.0, 1.0, exclude_max=True))
def test_values_of_a_range_too_fine_to_be_listed_lie_on_its_grid(share):
    rate, size = Space.parse(
        {
            "rate": {"low": 0.0, "high": 1.0, "step": 2.0**-22},
            "size": {"low": 2, "high": 5_000_000, "step": 2},
        }
    )
    assert (rate.points(), size.points()) == (None, None)
    assert (value_at(rate, share) * 2.0**22).is_integer()
    assert value_at(rate, share) <= 1.0
    assert value_at(size, share) % 2 == 0
    assert 2 <= value_at(size, share) <= 5_000_000
