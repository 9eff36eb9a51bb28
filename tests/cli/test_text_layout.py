"""Texts beside and below the values of a row, whichever takes fewer lines."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from paretocaps.cli.text_layout import TextLayout, fitting, shortened, text_layout, whole_words

TITLES = ("beside", "told")


def test_a_row_has_columns_that_are_wrapped_and_texts_below():
    layout = TextLayout(6, (10,), 12)
    assert layout.row("1  0.9", ("a=1 b=2 c=3 d=4", "7x faster, 7x smaller")) == (
        ["1  0.9  a=1 b=2", "        c=3 d=4"],
        ["    7x faster,", "    7x smaller"],
    )


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (None, (15, 9)),  # as wide as they are
        (40, (15, 9)),
        (30, (11, 9)),  # the first one is wrapped, which costs no more lines than a text below
        (24, (15,)),
        (14, ()),
    ],
)
def test_columns_are_used_where_that_takes_fewer_lines(width, columns):
    rows = [("a=1 b=2 c=3 d=4", "7x faster"), ("a=1 b=2", "same acc")]
    assert text_layout(TITLES, rows, 6, width).widths == columns


@given(st.lists(st.text("ab =1_", max_size=60), max_size=5), st.integers(20, 90))
def test_no_line_is_too_wide_and_no_word_is_broken(texts, width):
    rows = [(text, "7x faster") for text in texts]
    layout = text_layout(TITLES, rows, 10, width)
    for row in rows:
        lines = [line for part in layout.row("0" * 10, row) for line in part]
        widest = max(map(len, [*row[0].split(), ""]))
        assert all(len(line) <= max(width, widest + 4) for line in lines)
        assert {*row[0].split()} <= {word for line in lines for word in line.split()}


@pytest.mark.parametrize(
    ("width", "text"), [(15, "one=1 two=2 x=3"), (13, "one=1 two=2 …"), (12, "one=1 …"), (4, "…"), (0, "")]
)
def test_a_short_text_keeps_whole_words(width, text):
    assert shortened("one=1 two=2 x=3", width) == text


@pytest.mark.parametrize(
    ("width", "text"), [(15, "one, two, three"), (14, "one, two"), (3, "one"), (2, "o…"), (0, "…")]
)
def test_the_first_parts_that_fit_are_kept(width, text):
    assert fitting(["one", "two", "three"], ", ", width) == text
    assert fitting([], ", ", width) == ""


def test_a_message_breaks_no_word():
    assert whole_words("one two-three\n\nfour", 7) == "one\ntwo-three\n\nfour"


WIDE = st.text("ab =漢字é\u0301", max_size=40)


@example(["漢 漢漢 a\u0301\u0301\u0301"], 29)
@given(st.lists(WIDE, min_size=1, max_size=5), st.integers(20, 90))
def test_wide_characters_take_two_cells_and_columns_stand_below_each_other(texts, width):
    rows = [(text, "7x faster") for text in texts]
    layout = text_layout(TITLES, rows, 10, width)
    for row in rows:
        beside, below = layout.row("0" * 10, row)
        widest = max(map(cell_len, [*row[0].split(), ""]))
        assert all(cell_len(line) <= max(width, widest + 4) for line in (*beside, *below))
        if len(layout.widths) == 2:
            first = sum(layout.widths[:1]) + layout.used + 4
            assert cell_len(beside[0].partition("7x")[0]) == first
    for text in texts:
        assert cell_len(shortened(text, width)) <= width
        assert cell_len(fitting([text, text], ", ", width)) <= width
