from paretocaps.cli.numbers import is_number, number_text
from paretocaps.domain.wording import counted


def test_counts_in_full_and_others_to_four_figures():
    assert number_text(6_782_128) == "6,782,128"
    assert number_text(0.00031622) == "0.0003162"
    assert number_text(0.5) == "0.5"


def test_truth_values_are_no_numbers():
    assert [value for value in (1, 0.5, True, "1", None) if is_number(value)] == [1, 0.5]


def test_one_thing_and_several():
    assert [counted(count, "trial") for count in (0, 1, 24)] == ["0 trials", "1 trial", "24 trials"]
