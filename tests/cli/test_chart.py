import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.cli.chart import Axis, chart

FINITE = st.floats(min_value=1e-6, max_value=1e6)


def plot(lines):
    """Return the characters right of the axis, top line first."""
    return [line.partition("|")[2] for line in lines if "|" in line]


def test_a_falling_line_falls():
    lines = chart(
        "rate", [0, 1, 2, 3, 4], [4, 3, 2, 1, 0], x_label="steps", width=13, height=5, braille=False
    )
    assert plot(lines) == ["**", "  ***", "     **", "       **", "         *"]


def test_labels_name_the_ends_and_the_middle():
    lines = chart("rate", [0, 5000], [0.1, 0.5], x_label="steps", width=40, height=5, braille=False)
    labels = [line.partition("|")[0].strip() for line in lines[1:6]]
    assert labels == ["0.5", "", "0.3", "", "0.1"]
    assert lines[0] == "rate"
    assert lines[-1].split() == ["0", "5,000", "steps"]


def test_a_logarithmic_axis_says_so():
    lines = chart("size", [0, 1, 2], [1, 4, 16], x_label="steps", width=40, height=5, log=True, braille=False)
    assert lines[0] == "size (logarithmic)"
    assert lines[3].split()[0] == "4"


def test_a_logarithmic_axis_needs_values_above_zero():
    assert Axis.over([0.0, 10.0], log=True) == Axis(0.0, 10.0, False)
    assert Axis.over([5.0, 5.0], log=True) == Axis(0.0, 5.0, False)
    assert Axis.over([0.0, 0.0]) == Axis(-1.0, 1.0, False)


def test_jumps_are_joined():
    lines = chart("size", [0, 1], [1, 9], x_label="steps", width=13, height=5, braille=False)
    column = [line[9:10] for line in plot(lines)]
    assert column == ["*", "*", "*", "*", "*"]


def test_values_hold_until_the_next_position():
    lines = chart("size", [0, 99, 100], [1, 1, 2], x_label="steps", width=32, height=3, braille=False)
    assert plot(lines)[-1].startswith("*" * 25)


def test_braille_has_four_dots_a_line():
    steps = list(range(400))
    rates = [math.cos(step / 40) for step in steps]
    lines = chart("rate", steps, rates, x_label="steps", width=60, height=7)
    assert all(
        "\u2800" <= character <= "\u28ff" or character == " "
        for line in lines[1:8]
        for character in line.partition("│")[2]
    )
    assert any(character > "\u2800" for character in lines[1])


@pytest.mark.parametrize("braille", [True, False])
@given(
    values=st.lists(FINITE, min_size=1, max_size=200),
    width=st.integers(30, 200),
    height=st.integers(3, 12),
    log=st.booleans(),
)
def test_it_always_fits_and_touches_top_and_bottom(braille, values, width, height, log):
    steps = list(range(len(values)))
    lines = chart("x", steps, values, x_label="steps", width=width, height=height, log=log, braille=braille)
    assert len(lines) == height + 3
    assert max(map(len, lines)) <= width
    side = "│" if braille else "|"
    drawn = [line.partition(side)[2].strip() for line in lines[1 : height + 1]]
    assert drawn[0]
    assert drawn[-1] or len(set(values)) == 1


@given(st.lists(FINITE, min_size=2, max_size=20, unique=True), st.booleans(), st.floats(0, 1))
def test_an_axis_reads_back_what_it_shows(values, log, height):
    axis = Axis.over(values, log)
    assert axis.height(max(values)) == pytest.approx(1.0)
    assert axis.height(min(values)) == pytest.approx(0.0, abs=1e-9)
    assert axis.value(0.0) == pytest.approx(min(values))
