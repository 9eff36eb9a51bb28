import io
from dataclasses import replace

import pytest
from rich.console import Console

from paretocaps.cli.front_table import front_table, short_table, value_columns
from paretocaps.domain.beside_baseline import Baseline
from paretocaps.domain.requirement import parse_requirements


def lines_of(table, width=400):
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.fixture
def front(front):
    """Return three members, and a fourth in the collapsed corner."""
    return replace(front, baseline=Baseline.of("capsnet", {})).answers()


def titles(front):
    return [column.title for column in value_columns(front)]


def test_values_that_are_known_have_columns(front):
    assert titles(front) == ["trial", "acc ↑", "time ↓", "params ↓"]
    first, *others = front.members
    tested = replace(first, values={**first.values, "test_acc": 0.5}, seeds=3, probability=0.9)
    known = replace(front, members=(tested, *others))
    assert titles(known) == ["trial", "seeds", "acc ↑", "time ↓", "params ↓", "test acc", "sure"]


def test_flags_have_a_column_but_loaded_trials_a_hollow_mark(front):
    first, *others = front.members
    loaded = replace(front, members=(replace(first, flags=("loaded",)), *others))
    assert titles(loaded) == titles(front)
    assert value_columns(loaded, {3: "knee"})[0].cells[:2] == ["knee ○3", "7"]
    shared = replace(front, members=(replace(first, flags=("shared", "loaded")), *others))
    assert value_columns(shared)[-1].cells == ["shared, loaded", "-", "-", "-"]


def test_a_wide_table_has_a_line_a_member_with_what_differs_and_a_sentence(front):
    lines = lines_of(front_table(front, 200, {9: "knee"}), 200)
    assert lines == lines_of(front_table(front, None, {9: "knee"}), 200)
    assert [line.split()[0] for line in lines[2:5]] == ["3", "7", "knee"]
    assert "beside the baseline" in lines[0]
    assert lines[2].split("  ")[-1].strip() == "the best acc"
    assert "wab_ws: decoder=reduced lr_policy=warm_restarts" in lines[3]
    assert lines[3].endswith("1.8 points less, 2.7x faster, 1.2x smaller")
    assert max(map(len, lines)) > 120


def test_a_narrow_table_has_the_texts_below_the_values(front):
    lines = lines_of(front_table(front, 50), 50)
    assert lines[1:3] == ["    beside the baseline", "    beside the one above"]
    assert lines[4].split()[:2] == ["3", "0.9877"]
    assert lines[5:7] == ["    the baseline", "    the best acc"]


@pytest.mark.parametrize("width", [30, 40, 60, 80, 100, 150, 200])
def test_no_table_is_too_wide_or_breaks_a_word(front, width):
    lines = lines_of(front_table(front, width, {3: "knee"}), width)
    assert max(map(len, lines)) <= width
    words = {word for line in lines for word in line.split()}
    assert {"lr_policy=warm_restarts", "weight_sharing=true", "batch_size=64"} <= words


def test_columns_without_room_are_named(front):
    assert lines_of(front_table(front, 24), 24)[-1].startswith("  (not shown: params ↓")


def test_the_collapsed_corner_is_apart_and_grey(front):
    lines = lines_of(front_table(front))
    assert lines[-2:] == ["1 trial apart: acc below 0.9", "    5  0.1100   0.5 s    1.00 M"]
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    console.print(front_table(front, 100))
    assert "\x1b[2m1 trial apart: acc below 0.9" in console.file.getvalue()
    many = replace(front, corner=front.corner * 7)
    assert lines_of(front_table(many))[-1] == "  (2 more)"


def test_the_nearest_are_shown_with_what_they_miss(front):
    bounds = parse_requirements("acc>=0.99,params<=7M")
    none = replace(front, members=(), nearest=front.members[:2], requirements=bounds, corner=())
    lines = lines_of(front_table(none))
    assert lines[0].endswith("what it misses")
    assert lines[2].endswith("misses acc>=0.99 by 0.2 points, misses params<=7e+06 by 1.22 M")
    assert lines[3].endswith("misses acc>=0.99 by 2.0 points")


def test_what_all_members_have_is_told_once(front):
    same = replace(
        front, members=tuple(replace(m, choices={**m.choices, "precision": "bf16"}) for m in front)
    )
    lines = lines_of(front_table(same))
    assert "all of them: precision=bf16" in lines
    assert "precision=bf16" not in "".join(lines[:5])


def test_a_short_table_keeps_the_first_members_and_counts_the_others(front):
    lines = lines_of(short_table(front, 100, 4))
    assert len(lines) == 4
    assert lines[-1] == "  (2 more trials)"
    assert [line.split()[0] for line in lines] == ["trial", "─" * len(lines[1]), "3", "(2"]
    whole = lines_of(short_table(front, 70, 9))
    assert len(whole) == 5
    assert whole[3].endswith("wab_ws: decoder=reduced …")
    assert lines_of(short_table(front, 30, 9))[0] == "trial   acc ↑  time ↓"


def test_long_headings_fold_after_an_underscore(front):
    column = value_columns(replace(front, objectives=front.objectives[:1]))[0]
    assert column.lines == ("trial",)
    assert type(column)("weight_sharing", ["true"]).lines == ("weight_", "sharing")


def test_text_in_brackets_is_no_markup(front):
    named = replace(front, members=(replace(front.members[1], design="[red]x[/red]"),))
    assert "[red]x[/red]" in "\n".join(lines_of(front_table(named)))
