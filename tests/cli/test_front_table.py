import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from paretocaps.cli.front_table import front_columns, front_table


def lines_of(table, width=400):
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_objectives_come_before_choices_and_only_differing_choices_show(front):
    titles = [column.title for column in front_columns(front.members, front.objectives)]
    assert titles[:5] == ["trial", "design", "acc ↑", "time ↓", "params ↓"]
    assert set(titles[5:]) == {
        "weight_sharing",
        "decoder",
        "lr_policy",
        "cycle",
        "lr_min",
        "lr_floor",
        "batch_size",
    }


def test_seeds_show_where_a_value_is_a_mean(front, member):
    members = [replace(front.members[0], seeds=3)]
    assert "seeds" in [column.title for column in front_columns(members, front.objectives)]
    assert "design" not in [c.title for c in front_columns([member(1, 0.9, 1, 1)], front.objectives)]


def test_loaded_trials_have_a_hollow_mark(front):
    members = [replace(front.members[0], flags=("shared", "loaded")), *front.members[1:]]
    (trial, *_) = front_columns(members, front.objectives)
    assert trial.cells[:2] == ["○3", str(members[1].trial)]


def test_a_wide_table_shows_all(front):
    lines = lines_of(front_table(front.members, front.objectives))
    assert len(lines) == 7
    assert lines[3].split()[:6] == ["3", "baseline", "0.9877", "12.3", "s", "8.22"]
    assert "not shown" not in "\n".join(lines)


@pytest.mark.parametrize("width", [20, 40, 60, 80])
def test_a_narrow_table_leaves_out_whole_columns_and_says_which(front, width):
    lines = lines_of(front_table(front.members, front.objectives, width=width), width)
    assert max(map(len, lines)) <= width
    assert "…" not in "".join(lines[:-1])
    assert "trial" in " ".join(lines)
    assert lines[-1].startswith("  (not shown: ")


def test_a_short_table_keeps_the_first_members_and_counts_the_others(front):
    lines = lines_of(front_table(front.members, front.objectives, rows=6))
    assert len(lines) == 6
    assert lines[-1] == "  (2 more trials)"
    assert [line.split()[0] for line in lines[3:5]] == ["3", "7"]


def test_marks_go_first(front):
    lines = lines_of(front_table(front.members, front.objectives, marks={9: "knee"}))
    assert [line.split()[:2] for line in lines if "knee" in line] == [["knee", "9"]]
    assert lines[5].startswith("knee")


def test_long_headings_fold_after_an_underscore(front):
    lines = lines_of(front_table(front.members, front.objectives, width=100), 100)
    assert re.search(r"\bweight_", lines[0])
    assert re.search(r"\bsharing\b", lines[1])


def test_text_in_brackets_is_no_markup(member, front):
    table = front_table([member(0, 0.9, 1, 1, design="[red]x[/red]")], front.objectives)
    assert "[red]x[/red]" in "\n".join(lines_of(table))
