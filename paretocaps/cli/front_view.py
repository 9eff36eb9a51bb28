"""Writes a front to stdout."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import click

from paretocaps.cli.front_table import front_table
from paretocaps.cli.naming import defaults, flag_lines
from paretocaps.cli.numbers import clock_text, counted
from paretocaps.cli.output import Row, console, say, show, write_json, write_rows
from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import TEST_ACC, Objective
from paretocaps.report.hypervolume_text import hypervolume_text
from paretocaps.report.interval_notes import interval_notes
from paretocaps.report.level_notes import level_notes, level_text
from paretocaps.report.tables import csv_text, estimate_text


def write_front(
    front: FrontRecord, marked: FrontMember | None, word: str, form: str, *, test: bool = False
) -> None:
    """Write `front` to stdout.

    Args:
        front: the front.
        marked: a member that the table marks with `word`; JSON and CSV have it as the only member,
            with the hypervolume of the whole front.
        word: the mark.
        form: "table", "json" or "csv".
        test: whether the table has a column of test accuracies.
    """
    for line in front.left_out:
        say(line)
    if front.within:
        say(f"only trials with {front.within}; --all lifts the bounds")
    if form == "table":
        shown = (*front.objectives, TEST_ACC) if test else front.objectives
        show_front(front, marked, word, shown, defaults(front.trainer))
        return
    if marked is not None:
        front = replace(front, members=(marked,))
    if form == "json":
        write_json(front.as_dict())
    else:
        click.echo(csv_text(front.members, front.objectives), nl=False)


def write_history(rows: Sequence[Row], form: str) -> None:
    """Write the progress of a study to stdout; a note says why there is none yet."""
    if not rows:
        say("the hypervolume is measured from the reference point, which the first 8 finished trials fix")
    if form == "table":
        rows = [
            {
                "trials": str(row["trials"]),
                "trial": str(row["trial"]),
                "training time": clock_text(row["training_seconds"]),
                "hypervolume": f"{row['hypervolume']:.4f}",
            }
            for row in rows
        ]
    write_rows(rows, form)


def show_front(
    front: FrontRecord,
    marked: FrontMember | None,
    word: str,
    shown: Sequence[Objective],
    base: Mapping[str, Any],
) -> None:
    """Write a front as a table with its notes.

    Args:
        front, marked, word: those of `write_front`.
        shown: the columns with values.
        base: the trainer's defaults, by which the choices of a single member are shown.
    """
    if not front.members:
        say(f"study {front.study}: no trial to show")
        return
    marks = {marked.trial: word} if marked else None
    show(front_table(front.members, shown, console().width, marks=marks, base=base))
    if front.measured_on:
        say(front.measured_on)
    for line in front.computed_by:
        say(line)
    intervals = interval_notes(front.members, front.objectives)
    for line in (*flag_lines(front.members), *intervals, *level_notes(front)):
        say(line)
    size = f"{counted(len(front), 'trial')} on the front"
    say(", ".join(filter(None, [f"study {front.study}: {size}", hypervolume_text(front)])))
    if marked is not None:
        values = ", ".join(f"{o.name} {estimate_text(o, marked.estimate(o.name))}" for o in front.objectives)
        level = level_text(marked, front.objectives)
        say(f"{word}: trial {marked.trial}, {values}{'; ' + level if level else ''}")
