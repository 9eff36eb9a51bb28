"""Writes a recommendation to stdout."""

from collections.abc import Mapping

import click

from paretocaps.cli.next_commands import confirm_command, say_training
from paretocaps.cli.output import console, rows_table, show, write_json, write_rows
from paretocaps.cli.text_layout import whole_words
from paretocaps.domain.own_function import function_of
from paretocaps.domain.own_loop import NAME as LOOP
from paretocaps.report.beside_baseline import beside_text
from paretocaps.report.sentences import trial_name
from paretocaps.report.tables import estimate_text, probability_text
from paretocaps.service import Recommendation

_CHOICES, _LEAST = 5, 0.01
"""So many choices are shown per objective, and none with a smaller share."""


def write_recommendation(found: Recommendation, form: str, storage: str) -> None:
    """Write a recommendation as `form`: "table" in sentences, "json", or "csv" with a row per sentence."""
    if form == "json":
        write_json(found.as_dict())
    elif form == "csv":
        write_rows(
            [{"about": about, "sentence": sentence} for about, sentence in _sentences(found, storage)], form
        )
    else:
        width = console().width
        for about, sentence in _sentences(found, storage):
            click.echo(whole_words(f"{about}: {sentence}", width))
        _show_importance(found)
        say_training(found.front, found.member.trial, storage)


def _sentences(found: Recommendation, storage: str) -> list[tuple[str, str]]:
    """Return what each sentence is about, and the sentence."""
    member, front = found.member, found.front
    values = ", ".join(f"{o.name} {estimate_text(o, member.estimate(o.name))}" for o in front.objectives)
    lines = [
        (trial_name(member), values),
        ("beside the baseline", beside_text(member, front.baseline)),
        ("why", found.why),
        ("sure", _sure(found, storage)),
    ]
    for one in found.neighbours:
        better = " and ".join(one.better_in)
        lines.append((f"beside {trial_name(one.trial)}, the next better in {better}", one.sentence))
    told = {one.trial.trial for one in found.neighbours}
    if found.baseline is not None and found.baseline.trial.trial not in told:
        lines.append((f"beside {trial_name(found.baseline.trial)}", found.baseline.sentence))
    lines += [("level", sentence) for sentence in found.level]
    return lines + [("along the front", sentence) for sentence in found.along]


def _sure(found: Recommendation, storage: str) -> str:
    if found.member.probability is not None:
        return f"no other trial beats it in {probability_text(found.member.probability)} of the resamples"
    if found.front.trainer == LOOP or function_of(found.front.trainer):
        return "not known from one seed"
    command = confirm_command(found.front.study, storage)
    return "not known from one seed" + (f": `{command}` trains more" if command else "")


def _show_importance(found: Recommendation) -> None:
    """Show the choices that matter most for each objective, in shares."""
    if not found.importance:
        return
    rows = [
        {
            "objective": name,
            "matters most": ", ".join(f"{choice} {100 * share:.0f} %" for choice, share in _first(shares))
            or "nothing stands out from chance",
        }
        for name, shares in found.importance.items()
    ]
    click.echo("")
    show(rows_table(rows))


def _first(shares: Mapping[str, float]) -> list[tuple[str, float]]:
    return [one for one in shares.items() if one[1] >= _LEAST][:_CHOICES]
