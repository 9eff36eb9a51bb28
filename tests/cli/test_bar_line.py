import io

import pytest
from rich.console import Console

from paretocaps.cli.bar_line import BarLine


def drawn(width, *args, **kwargs):
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(BarLine(*args, **kwargs))
    return console.file.getvalue().rstrip("\n")


def test_a_bar_stands_before_its_words():
    line = drawn(100, 3, 10, ["3 of 10 trials", "[bold]1:09"])
    assert line.startswith("━" * 4 + " ")
    assert line.index("3 of 10 trials · [bold]1:09") == 15


@pytest.mark.parametrize(("width", "bar"), [(400, 40), (210, 30), (80, 11), (50, 8)])
@pytest.mark.parametrize("words", ["exporting", "about so many words as these, no more"])
def test_its_width_is_the_terminal_s_and_not_that_of_its_words(width, bar, words):
    assert drawn(width, 1, 1, [words]).rstrip() == "━" * bar + f" {words}"
    assert drawn(width, 1, 1, [words], widest=12).rstrip() == "━" * min(bar, 12) + f" {words}"


def test_words_that_lack_the_room_are_left_out_as_wholes():
    bar, _, words = drawn(42, 1, 1, ["so many words"] * 5).partition(" ")
    assert (len(bar), words.rstrip()) == (8, "so many words · so many words")
    assert drawn(20, 1, 1, ["so many words"]) == "━" * 8 + " so many wo…"


def test_a_bar_without_a_total_has_its_words():
    assert drawn(60, 0, None, ["exporting"]).endswith(" exporting")


@pytest.mark.parametrize("width", [10, 30, 50])
def test_it_stays_one_line_that_fits(width):
    line = drawn(width, 1, 2, ["about so many words as these, no more"])
    assert "\n" not in line
    assert len(line) <= width
