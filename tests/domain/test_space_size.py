import pytest

from paretocaps.domain.space import Space
from paretocaps.domain.space_size import space_size

CONDITIONAL = {
    "schedule": ["constant", "growing"],
    "size": {"values": [16, 32, 64], "when": {"schedule": "constant"}},
    "first": {"values": [1, 4], "when": {"schedule": "growing"}},
    "factor": {"values": [2, 3, 4], "when": {"first": {"above": 1}}},
    "decoder": ["full", "none"],
}


@pytest.mark.parametrize(
    ("table", "fix", "points"),
    [
        ({}, {}, 1),
        ({"a": [1, 2, 3], "b": {"low": 0, "high": 4}}, {}, 15),
        (CONDITIONAL, {}, (3 + 1 + 3) * 2),
        ({name: CONDITIONAL[name] for name in ("size", "decoder")}, {"schedule": "constant"}, 6),
        ({name: CONDITIONAL[name] for name in ("size", "decoder")}, {"schedule": "growing"}, 2),
    ],
)
def test_points_are_counted_by_conditions(table, fix, points):
    space = Space.parse(table)
    assert space_size(space, fix).points == points
    assert sum(1 for _ in space.listed(fix)) == points


def test_a_range_has_any_number_of_points():
    size = space_size(Space.parse({**CONDITIONAL, "rate": {"low": 0.1, "high": 1.0}}), {})
    assert (size.points, size.combinations, size.ranges) == (None, 14, ("rate",))


def test_a_large_space_is_counted_without_listing_it():
    table = {f"c{number}": list(range(10)) for number in range(30)}
    assert space_size(Space.parse(table), {}).points == 10**30
