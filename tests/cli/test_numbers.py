import pytest

from paretocaps.cli.numbers import clock_text, counted, is_number, number_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (42.9, "0:42"), (725, "12:05"), (11_250, "3:07:30"), (360_000, "100:00:00")],
)
def test_durations_as_on_a_clock(seconds, text):
    assert clock_text(seconds) == text


def test_counts_in_full_and_others_to_four_figures():
    assert number_text(6_782_128) == "6,782,128"
    assert number_text(0.00031622) == "0.0003162"
    assert number_text(0.5) == "0.5"


def test_truth_values_are_no_numbers():
    assert [value for value in (1, 0.5, True, "1", None) if is_number(value)] == [1, 0.5]


def test_one_thing_and_several():
    assert [counted(count, "trial") for count in (0, 1, 24)] == ["0 trials", "1 trial", "24 trials"]
