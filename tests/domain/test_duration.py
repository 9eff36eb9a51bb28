import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from paretocaps.domain.duration import (
    Duration,
    clock_text,
    cost_text,
    duration_text,
    lasting_text,
    parse_duration,
)


class Limits(BaseModel):
    limit: Duration | None = None


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (90, 90.0),
        (0.5, 0.5),
        ("90", 90.0),
        ("90s", 90.0),
        ("10m", 600.0),
        (" 2 H ", 7200.0),
        ("1.5h", 5400.0),
        (".5s", 0.5),
        ("1d", 86400.0),
        ("off", math.inf),
    ],
)
def test_a_duration_is_seconds_or_has_a_unit(written, seconds):
    assert parse_duration(written) == seconds


@pytest.mark.parametrize("written", ["", "m", "10 apples", "-5", "0", 0, -1, True, None, "1e3", math.nan])
def test_anything_else_is_refused_with_what_to_write(written):
    with pytest.raises(ValueError, match=r"is not a duration above 0: write seconds, or .* 90s, 10m, 2h"):
        parse_duration(written)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (90, "90s"),
        (600, "10m"),
        (7200, "2h"),
        (172800, "2d"),
        (0.25, "0.25s"),
        (61.5, "62s"),
        (math.inf, "off"),
    ],
)
def test_the_text_of_a_duration(seconds, text):
    assert duration_text(seconds) == text


@given(st.integers(1, 10**6))
def test_whole_seconds_are_read_back(seconds):
    assert parse_duration(duration_text(seconds)) == seconds


def test_a_field_names_itself_in_its_error():
    with pytest.raises(ValidationError, match=r"limit='soon' is not a duration"):
        Limits.model_validate({"limit": "soon"})


@pytest.mark.parametrize("limit", [None, 60.0, math.inf])
def test_json_keeps_a_duration(limit):
    limits = Limits(limit=limit)
    assert Limits.model_validate_json(limits.model_dump_json()) == limits
    assert Limits.model_validate(limits.model_dump()) == limits


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (42.9, "0:42"), (725, "12:05"), (11_250, "3:07:30"), (360_000, "100:00:00")],
)
def test_durations_as_on_a_clock(seconds, text):
    assert clock_text(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (0.4, "0.4 s"),
        (0.0, "0 s"),
        (-3, "0 s"),
        (99, "99 s"),
        (100, "2 min"),
        (5_940, "99 min"),
        (12_000, "3 h 20 min"),
        (7_200, "2 h"),
        (187_200, "2 d 4 h"),
        (172_800, "2 d"),
    ],
)
def test_a_time_is_as_precise_as_one_wants_to_know_it(seconds, text):
    assert lasting_text(seconds) == text


def test_costs_are_rough_and_can_be_compared():
    assert [cost_text(one) for one in (None, 0.2, 61, 700, 5000, 7300, 9e5)] == [
        "-",
        "1 s",
        "61 s",
        "12 min",
        "83 min",
        "2.0 h",
        "250 h",
    ]
