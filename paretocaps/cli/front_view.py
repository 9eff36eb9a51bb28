"""Writes a front to stdout."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import click

from paretocaps.cli.front_table import front_table
from paretocaps.cli.next_commands import report_command, say_training
from paretocaps.cli.output import Row, console, note, say, show, write_json, write_rows
from paretocaps.domain.duration import clock_text
from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.domain.wording import counted
from paretocaps.report.flag_notes import flag_notes
from paretocaps.report.front import Front
from paretocaps.report.hypervolume_text import hypervolume_text
from paretocaps.report.interval_notes import interval_notes
from paretocaps.report.level_notes import level_notes, level_text
from paretocaps.report.tables import csv_text, estimate_text


class Chosen(NamedTuple):
    """A member of a front, and the word that marks it: "knee", "pick"."""

    member: FrontMember
    word: str


def write_front(front: FrontRecord, chosen: Chosen | None, form: str, storage: str = DEFAULT_STORAGE) -> None:
    """Write `front` to stdout.

    Args:
        front: the front.
        chosen: a member that the table marks; JSON and CSV have it as the only member, with the hypervolume
            of the whole front.
        form: "table", "json" or "csv".
        storage: path of an SQLite file, or database URL, for the next command.
    """
    for line in (replace(front, corner=()) if form == "table" else front).left_out:
        say(line)
    if form == "table":
        show_front(front, chosen, storage)
        return
    if front.corner:
        say("--all ranks those apart with the others")
    if front.within:
        say(f"only trials with {front.within}; --all lifts the bounds")
    if chosen is not None:
        front = replace(front, members=(chosen.member,))
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
    write_rows(rows, form, ("trials", "trial", "training_seconds", "hypervolume"))


def show_front(front: FrontRecord, chosen: Chosen | None = None, storage: str = DEFAULT_STORAGE) -> None:
    """Write a front as a table, with its notes and the next command.

    The arguments are those of `write_front`; without a chosen member it is the knee.
    """
    trials = front.members or front.nearest
    if not trials and front.corner:
        say(f"study {front.study}: {front.apart}; --all ranks those apart with the others")
        return
    if not trials:
        command = report_command(front.study, storage)
        say(f"study {front.study}: no trial to show; `{command}` has what failed, and why")
        return
    if front.within:
        kept = "only trials with" if front.members else "the nearest trials are shown, because none keeps"
        say(f"{kept} {front.within}; --all lifts the bounds")
    if chosen is None and len(front) > 1:
        chosen = Chosen(Front.from_record(front).knee(), "knee")
    marks = {} if chosen is None else {chosen.member.trial: chosen.word}
    show(front_table(front, console().width, marks))
    for line in (*_notes(front), *([] if chosen is None else [_chosen_text(front, chosen)])):
        note(line)
    best = trials[0] if chosen is None else chosen.member
    say_training(front, best.trial, storage)


def _notes(front: FrontRecord) -> list[str]:
    trials = front.members or front.nearest
    size = f"{counted(len(front), 'trial')} on the front"
    flags = flag_notes(trials)
    return [
        *([front.measured_on] if front.measured_on else []),
        *_computed_by(front),
        *flags,
        *(f"of those apart, {line}" for line in flag_notes(front.corner) if line not in flags),
        *interval_notes(trials, front.objectives),
        *level_notes(front),
        ", ".join(filter(None, [f"study {front.study}: {size}", hypervolume_text(front)])),
    ]


def _computed_by(front: FrontRecord) -> tuple[str, ...]:
    """Return by what steps were computed; only in how many ways where these are several, which fill lines."""
    ways = {str(tuning) for kept in front.tunings.values() for tuning in kept.values()}
    if len(ways) < 2:
        return front.computed_by
    return (f"steps computed in {len(ways)} ways, each the fastest for a network (--format json has them)",)


def _chosen_text(front: FrontRecord, chosen: Chosen) -> str:
    member = chosen.member
    values = ", ".join(f"{o.name} {estimate_text(o, member.estimate(o.name))}" for o in front.objectives)
    level = level_text(member, front.objectives)
    return f"{chosen.word}: trial {member.trial}, {values}{'; ' + level if level else ''}"
