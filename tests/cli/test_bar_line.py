import io

import pytest
from rich.console import Console

from paretocaps.cli.bar_line import bar_line


def drawn(width, *args, **kwargs):
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(bar_line(*args, **kwargs))
    return console.file.getvalue().rstrip("\n")


def test_a_bar_stands_before_its_words():
    line = drawn(100, 3, 10, ["3 of 10 trials", "[bold]1:09"])
    assert line.startswith("━" * 12 + " ")
    assert line.index("3 of 10 trials · [bold]1:09") == 41


@pytest.mark.parametrize(("width", "bar"), [(100, 40), (60, 22)])
def test_it_takes_the_room_that_the_words_leave(width, bar):
    words = "about so many words as these, no more"
    assert drawn(width, 1, 1, [words]).startswith("━" * bar + f" {words}")
    assert drawn(width, 1, 1, [words], widest=12).startswith("━" * 12 + f" {words}")


def test_words_are_cut_before_the_bar_is():
    bar, _, words = drawn(40, 1, 1, ["so many words"] * 5).partition(" ")
    assert (len(bar), words) == (8, "so many words · so many words …")


def test_a_bar_without_a_total_has_its_words():
    assert drawn(60, 0, None, ["exporting"]).endswith(" exporting")


@pytest.mark.parametrize("width", [10, 30, 50])
def test_it_stays_one_line_that_fits(width):
    line = drawn(width, 1, 2, ["about so many words as these, no more"])
    assert "\n" not in line
    assert len(line) <= width
