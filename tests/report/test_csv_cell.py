import pytest

from paretocaps.report.csv_cell import csv_cell


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://x")', "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "-", "\t5"]
)
def test_a_text_that_would_be_a_formula_is_shown_instead(text):
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", [-1, -0.5, 1e-9, None, "", "baseline", "a=b", "x-y", "-0.5", "+1e3"])
def test_numbers_and_other_texts_stay(value):
    assert csv_cell(value) is value


def test_values_that_are_no_text_have_one_form():
    assert csv_cell(True) == "true"
    assert csv_cell(["=1"]) == '["=1"]'
    assert csv_cell({"a": 1}) == '{"a": 1}'
