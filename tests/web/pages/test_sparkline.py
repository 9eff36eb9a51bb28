import pytest

from paretocaps.web.pages.sparkline import sparkline


def test_a_curve_goes_as_far_as_it_has_come():
    drawn = sparkline([0.0, 1.0], of=3, width=108, height=58)
    assert drawn.line == "M4.0 54.0L54.0 4.0"
    assert drawn.area == "M4.0 54.0L54.0 4.0L54.0 58L4.0 58Z"


@pytest.mark.parametrize("values", [[0.5], [0.5, 0.5]])
def test_what_does_not_differ_is_in_the_middle(values):
    assert " 28.0" in sparkline(values, of=5, height=56).line


def test_nothing_has_no_curve():
    assert sparkline([], of=5) is None
