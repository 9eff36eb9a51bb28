"""The notes that the dashboard shows beside studies and trials, in Markdown in which no text is HTML."""

import re

from paretocaps.domain.front_record import FrontMember
from paretocaps.report.hypervolume_text import hypervolume_text
from paretocaps.report.interval_notes import interval_notes
from paretocaps.report.level_notes import level_notes
from paretocaps.report.sentences import beside, trial_name
from paretocaps.report.tables import FLAGS, choices_text, markdown_table, markdown_text, trials_table
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
    heading = f"### Front over {names}\n\n[Report]({report})\n\n"
    bounds = f"\nOnly trials with {markdown_text(front.within)}.\n" if front.within else ""
    if view.refused:
        return f"{heading}{markdown_text(view.refused)}.\n"
    if view.knee is None:
        return f"{heading}No trial is on it yet.\n{bounds}"
    table = markdown_table(trials_table(front.members, front.objectives, {view.knee.trial: "knee"}))
    lines = [*front.left_out, *interval_notes(front.members, front.objectives), *level_notes(front)]
    notes = "".join(f"\n{markdown_text(line)}.\n" for line in lines)
    volume = hypervolume_text(front).capitalize()
    return f"{heading}{table}\n{f'{volume}.{chr(10)}' if volume else ''}{notes}{bounds}"


def trial_note(view: StudyView, number: int, report: str) -> str:
    """Return the note of a trial: what it is, how it differs from the baseline and the knee, and its flags.

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
    lines.append(f"Beside the baseline: {_beside_baseline(view, number) or 'nothing differs'}.")
    if trial is not None:
        knee = view.knee
        if knee is not None and knee.trial != number:
            lines.append(f"Beside the knee, {trial_name(knee)}: {beside(trial, knee, view.objectives)}.")
        lines += [f"{flag.capitalize()}: {FLAGS.get(flag, flag)}." for flag in trial.flags]
    texts = [markdown_text(line) for line in lines]
    command = f"`paretocaps train {view.front.study} --trial {number}`"
    return "\n\n".join([*texts, f"{command} trains it again, fully. [Report]({report})", ""])


def _standing(view: StudyView, number: int) -> str:
    """Return where a trial stands: "Trial 7 (wab_ws) is the knee of the front."."""
    record, trial = view.records[number], view.trials.get(number)
    name = f"Trial {number}" + (f" ({record.design})" if record.design else "")
    if view.knee is not None and view.knee.trial == number:
        return f"{name} is the knee of the front."
    if any(member.trial == number for member in view.front):
        return f"{name} is on the front."
    if trial is None:
        return f"{name} is {record.state}."
    return f"{name} is not on the front" + ("." if admitted(view, trial) else f": {_missed(view, trial)}.")


def _missed(view: StudyView, trial: FrontMember) -> str:
    broken = [str(bound) for bound in view.front.requirements if not bound.met(trial.values)]
    return f"it breaks {' and '.join(broken)}" if broken else "it is in the collapsed corner"


def admitted(view: StudyView, trial: FrontMember) -> bool:
    """Return whether a finished trial keeps the bounds of the front, and is not in its collapsed corner."""
    return view.front.admits(trial)


def _beside_baseline(view: StudyView, number: int) -> str:
    """Return the choices in which a trial differs from the baseline; of a member, only those that decide."""
    choices, baseline = view.records[number].choices, view.front.baseline
    if any(member.trial == number for member in view.front):
        differing = baseline.differences(choices)
    else:  # at once, for the thousands of trials that a study may have
        differing = {name: one for name, one in choices.items() if baseline.choices.get(name) != one}
    return choices_text(differing, list(differing))


def with_ours(note: str, ours: str) -> str:
    """Return a person's `note` with our part replaced, or added at its end."""
    part = f"{_BEGIN}\n\n{ours}\n{_END}"
    if _BEGIN in note and _END in note:
        return re.sub(f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", lambda _: part, note, flags=re.DOTALL)
    return f"{note.rstrip()}\n\n{part}\n" if note.strip() else f"{part}\n"
