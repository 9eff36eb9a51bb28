"""The notes that the dashboard shows beside studies and trials, in Markdown in which no text is HTML."""

import re
from itertools import pairwise

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.report.beside_baseline import NOTHING, beside_text, beside_texts, common_text
from paretocaps.report.hypervolume_text import hypervolume_text
from paretocaps.report.interval_notes import interval_notes
from paretocaps.report.level_notes import level_notes
from paretocaps.report.not_members import corner_table, nearest_table
from paretocaps.report.reproducing import training_command
from paretocaps.report.sentences import beside, beside_neighbours, trial_name
from paretocaps.report.tables import (
    FLAGS,
    Table,
    choices_text,
    heading,
    markdown_table,
    markdown_text,
    objective_cells,
    probability_text,
)
from paretocaps.service.picking import TRAINED
from paretocaps.web.study_view import StudyView

_BEGIN, _END = "[//]: # (paretocaps front)", "[//]: # (paretocaps front ends)"
"""The lines around our part of a note, which Markdown does not show."""


def study_note(view: StudyView, report: str) -> str:
    """Return the note of a study: its front as a table, with what is to be known of it.

    Args:
        view: the study.
        report: the address of its report.
    """
    front = view.front
    names = markdown_text(", ".join(objective.name for objective in front.objectives))
    title = f"### Front over {names}\n\n[Report]({report})\n\n"
    bounds = [f"Only trials with {front.within}"] if front.within else []
    if view.refused:
        return f"{title}{markdown_text(view.refused)}.\n"
    if view.knee is None:
        said = ["No trial is on it yet", *front.left_out, *bounds]
        nearest = _titled("The nearest trials", nearest_table(front))
        return title + "\n".join(f"{markdown_text(line)}.\n" for line in said) + nearest + _corner(front)
    common, volume = common_text(front.members, front.baseline), hypervolume_text(front).capitalize()
    lines = [*([f"All members have {common}"] if common else []), *([volume] if volume else [])]
    lines += [*front.left_out, *interval_notes(front.members, front.objectives), *level_notes(front), *bounds]
    told = "".join(f"\n{markdown_text(x)}.\n" for x in lines)
    return f"{title}{markdown_table(_table(view))}{told}{_corner(front)}"


def _corner(front: FrontRecord) -> str:
    return _titled("Collapsed corner", corner_table(front))


def _titled(title: str, table: Table | None) -> str:
    return "" if table is None else f"\n#### {title}\n\n{markdown_table(table)}"


def _table(view: StudyView) -> Table:
    """Return the front as a table: mark, trial, objectives, choices beside the baseline, sentence."""
    members, objectives = view.front.members, view.objectives
    knee, sentences = view.knee, beside_neighbours(members, objectives)
    marks = [("knee",) if member == knee else () for member in members]
    columns = [
        ("", False, [", ".join((*mark, *member.flags)) for mark, member in zip(marks, members, strict=True)]),
        ("trial", True, [str(member.trial) for member in members]),
        *((heading(one), True, objective_cells(members, one)) for one in objectives),
        ("sure", True, [probability_text(member.probability) for member in members]),
        ("beside the baseline", False, beside_texts(members, view.front.baseline)),
        ("beside the member above", False, [sentences[member.trial] for member in members]),
    ]
    if all(member.probability is None for member in members):
        columns = [column for column in columns if column[0] != "sure"]
    return Table.of(columns)


def trial_note(view: StudyView, number: int, report: str) -> str:
    """Return the note of a trial: what it is, how it differs from the baseline and others, and its flags.

    Args:
        view: its study.
        number: its number.
        report: the address of the study's report.
    """
    record, trial = view.records.get(number), view.trials.get(number)
    if record is None:
        return ""
    lines = [_standing(view, number)]
    if record.reason:
        lines.append(f"{record.state.capitalize()}: {record.reason}.")
    lines.append(f"Beside the baseline: {_beside_baseline(view, number)}.")
    if trial is not None:
        lines += [
            *_beside_others(view, trial),
            *(f"{x.capitalize()}: {FLAGS.get(x, x)}." for x in trial.flags),
        ]
    texts = [markdown_text(line) for line in lines]
    command = training_command(view.front.study, number, view.storage, view.front.trainer)
    trains = f"{_code(command)} trains it again, fully. " if command and record.state in TRAINED else ""
    return "\n\n".join([*texts, f"{trains}[Report]({report})\n"])


def _code(text: str) -> str:
    """Return `text` as code: the marks around it are longer than any in it, so that none of it is HTML."""
    marks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{marks}{text}{marks}"


def _standing(view: StudyView, number: int) -> str:
    """Return where a trial stands: "Trial 7 (wab_ws) is the knee of the front."."""
    record, trial, knee = view.records[number], view.trials.get(number), view.knee
    name = f"Trial {number}" + (f" ({record.design})" if record.design else "")
    if knee is not None and knee.trial == number:
        return f"{name} is the knee of the front."
    if number in view.members:
        return f"{name} is on the front."
    if trial is None:
        return f"{name} is {record.state}."
    return f"{name} is not on the front" + ("." if view.front.admits(trial) else f": {_missed(view, trial)}.")


def _missed(view: StudyView, trial: FrontMember) -> str:
    broken = [str(bound) for bound in view.front.requirements if not bound.met(trial.values)]
    return f"it breaks {' and '.join(broken)}" if broken else "it is in the collapsed corner"


def _beside_others(view: StudyView, trial: FrontMember) -> list[str]:
    """Return a sentence against the member above it, and one against the knee."""
    members, knee, said = view.front.members, view.knee, []
    for above, member in pairwise(members):
        if member.trial == trial.trial:
            said.append(f"Beside {trial_name(above)}: {beside(member, above, view.objectives)}.")
    if knee is not None and knee.trial != trial.trial:
        said.append(f"Beside the knee, {trial_name(knee)}: {beside(trial, knee, view.objectives)}.")
    return said


def _beside_baseline(view: StudyView, number: int) -> str:
    """Return the choices in which a trial differs from the baseline; of a member, only those that decide."""
    choices, baseline = view.records[number].choices, view.front.baseline
    if number in view.members:
        return beside_text(view.trials[number], baseline)
    # at once, for the thousands of trials that a study may have
    return (
        choices_text(choices, [x for x, one in choices.items() if baseline.choices.get(x) != one]) or NOTHING
    )


def with_ours(note: str, ours: str) -> str:
    """Return a person's `note` with our part replaced, or added at its end."""
    part = f"{_BEGIN}\n\n{ours}\n{_END}"
    if _BEGIN in note and _END in note:
        return re.sub(f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", lambda _: part, note, flags=re.DOTALL)
    return f"{note.rstrip()}\n\n{part}\n" if note.strip() else f"{part}\n"
