"""The report of a study as one HTML page, which needs no connection."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.history_step import HistoryStep
from paretocaps.domain.measurement import EpochRecord
from paretocaps.domain.own_function import function_of
from paretocaps.domain.own_loop import NAME as LOOP
from paretocaps.report.apart_section import Unfinished, apart_tables
from paretocaps.report.depth import EPOCH_TIME, depth_lines
from paretocaps.report.depth_figure import depth_figures
from paretocaps.report.ensembles import ensembles_table
from paretocaps.report.figure_files import folder_of, write_pictures
from paretocaps.report.figures import front_figures
from paretocaps.report.flag_notes import flag_notes
from paretocaps.report.front_layers import Apart
from paretocaps.report.front_section import front_section
from paretocaps.report.html import write_page
from paretocaps.report.importance_figure import Importance, importance_figure, leading_choices
from paretocaps.report.interval_notes import interval_notes
from paretocaps.report.level_notes import level_notes
from paretocaps.report.line_styles import STYLES, LineStyle, styles_of
from paretocaps.report.losses_figure import losses_figure
from paretocaps.report.networks import QUANTITIES, Measured, networks_table
from paretocaps.report.not_members import corner_table, nearest_table
from paretocaps.report.parallel_figure import parallel_figure
from paretocaps.report.parts_section import parts_of, parts_table
from paretocaps.report.places import without_folders
from paretocaps.report.plans_figure import plans_figure
from paretocaps.report.policies import PolicyCurve
from paretocaps.report.policies_figure import policies_figures
from paretocaps.report.progress_figure import progress_figures
from paretocaps.report.published_section import published_section
from paretocaps.report.recommended import recommended
from paretocaps.report.reproducing import reproducing_command, training_command
from paretocaps.report.sentences import no_member, trial_name
from paretocaps.report.series import reconstructs
from paretocaps.report.slopes_table import slopes_table
from paretocaps.report.study_facts import amount, facts, settings_texts, versions
from paretocaps.report.tables import choices_text, csv_text, shared_choices
from paretocaps.report.training_figures import epochs_figure
from paretocaps.storage.records import EnsembleRecord

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from paretocaps.domain.published import Published

FURTHER = (*QUANTITIES, EPOCH_TIME, "best_epoch", "flops", "memory")
"""The quantities of trials that a page shows besides those of the front."""
_FIRST_SCREEN = 440
"""Pixels of the two figures beside each other at the top of a page, before plotly's title is taken away."""


def write_report(
    path: str | Path,
    front: FrontRecord,
    *,
    trials: Sequence[FrontMember] = (),
    settings: Mapping[str, Any] | None = None,
    devices: Sequence[str] = (),
    seeds: Sequence[int] = (),
    history: Sequence[HistoryStep] = (),
    epochs: Mapping[int, Sequence[EpochRecord]] | None = None,
    remarks: Mapping[int, Sequence[str]] | None = None,
    further: Measured | None = None,
    published: "Published | None" = None,
    policies: Sequence[PolicyCurve] = (),
    plans: Sequence[PolicyCurve] = (),
    ensembles: Sequence[EnsembleRecord] = (),
    importance: Importance | None = None,
    unfinished: Sequence[Unfinished] = (),
    storage: str = "",
    standalone: bool = True,
    pictures: str | None = None,
) -> Path:
    """Write a study's front as one HTML page, the recommended choice first; return its path.

    The page is written whole or not at all (see `write_page`).

    Args:
        path: the page; overwritten.
        front: the front that the page shows.
        trials: all finished trials, drawn faint behind the front.
        settings: the study's settings by name.
        devices: names of the devices that the trials were measured on.
        seeds: the seeds that were trained.
        history: the hypervolume of the whole front after each finished trial, in order.
        epochs: epoch records of the front's members by trial number, of the first seed each.
        remarks: remarks on how the members' values were measured, by trial number.
        further: the quantities in `FURTHER` of all finished trials, by trial number; they fill the table of
            networks, the figure of depth, and the section of published figures.
        published: what a paper publishes about the study's trials, shown in a section of its own.
        policies: trials by epoch, on the front or not, shown in a section of their own.
        plans: members by epoch, whose learning rates are shown.
        ensembles: the measured ensembles of the study.
        importance: how much each choice matters, by objective.
        unfinished: trials that were stopped, rejected or failed, shown apart.
        storage: the database, for commands; by default the default one.
        standalone: whether plotly.js is in the page (see `write_page`).
        pictures: "png" or "svg", to write the figures as files, too (see `write_pictures`).

    Raises:
        UsageError: the page or the pictures cannot be written there.
    """
    further, epochs, settings = further or {}, epochs or {}, settings or {}
    everyone = [_with(member, further) for member in trials or front.members]
    depths = [line for line in depth_lines(everyone) if _compares(line.quantity, front)]
    styles = styles_of(front, {curve.trial: curve.family for curve in policies}, everyone)
    chosen = recommended(front, trials)
    drawn = _front_figures(front, trials, styles, _apart(front, unfinished, published))
    figures = {
        "by_depth": depth_figures(depths),
        "by_trial": progress_figures(history) if len(history) > 1 else {},
        "by_epoch": _by_epoch(front, epochs, styles),
        "policies": policies_figures(policies, styles),
        "plans": plans_figure(plans, styles),
        "choices": {
            **parallel_figure(front, trials, styles, leading_choices(importance or {})),
            **importance_figure(importance or {}),
        },
    }
    written = write_page(
        path,
        "report",
        f"{front.study}: front",
        standalone=standalone,
        front=front,
        over=", ".join(f"{o.name} ({'more' if o.sign < 0 else 'less'} is better)" for o in front.objectives),
        count=len({member.trial for member in (*front, *trials)}),
        chosen=chosen,
        missing=_missing(front, trials, unfinished),
        nearest=nearest_table(front),
        corner=corner_table(front),
        command=chosen and training_command(front.study, chosen.trial, storage, front.trainer),
        members=front_section(
            front, chosen.trial if chosen else None, styles, _commands(front, settings, seeds, storage)
        ),
        table_csv=without_folders(csv_text(front.members, front.objectives)),
        flags=flag_notes([*front, *front.corner]),
        intervals=[*_seeds(front), *interval_notes(front.members, front.objectives), *level_notes(front)],
        remarks=_remarks(front, remarks or {}),
        networks=networks_table(front.members, further),
        parts=parts_table(parts_of(front.members, epochs, further)),
        slopes=slopes_table(depths),
        drawn=drawn,
        most=len(STYLES),
        by_chance=bool(importance) and "importance" not in figures["choices"],
        seeded=any(curve.seeds > 1 for curve in policies),
        published=published
        and published_section(
            published, front, everyone, devices, seeds, amount(settings, len(seeds)), depths, ensembles
        ),
        ensembles=ensembles_table(ensembles),
        apart=apart_tables(unfinished, front),
        facts=facts(front, devices, seeds) | _shared(front),
        settings=settings_texts(settings),
        versions=versions(),
        **figures,
    )
    if pictures:
        own = {name: figure for some in figures.values() for name, figure in some.items()}
        write_pictures(folder_of(written), {**drawn.first, **drawn.others, **own}, pictures)
    return written


def write_figures(path: str | Path, title: str, figures: "Iterable[Figure]") -> Path:
    """Write figures under a title as one HTML page, such as a training plan; return its path.

    Raises:
        UsageError: the page cannot be written there.
    """
    return write_page(path, "figures", title, figures=figures)


@dataclass(frozen=True)
class FrontFigures:
    """The figures of a front: the two of the first screen, and the other pairs of objectives."""

    first: "Mapping[str, Figure]" = field(default_factory=dict)
    others: "Mapping[str, Figure]" = field(default_factory=dict)


def _front_figures(
    front: FrontRecord, trials: Sequence[FrontMember], styles: Mapping[int, LineStyle], apart: Apart
) -> FrontFigures:
    figures = list(front_figures(front, trials, styles, apart).items())
    first = 1 + (len(front.objectives) > 2)  # the one in three dimensions, and one of the pairs
    for _, figure in figures[:first]:
        figure.update_layout(height=_FIRST_SCREEN)
    return FrontFigures(dict(figures[:first]), dict(figures[first:]))


def _apart(front: FrontRecord, unfinished: Sequence[Unfinished], published: "Published | None") -> Apart:
    """Return the stopped trials and the published figures, where no trial of another device is left out."""
    names = [objective.name for objective in front.objectives]
    rows = published.rows if published is not None else ()
    return Apart(
        stopped=[one.trial for one in unfinished if one.state == "stopped"],
        published=[
            FrontMember(-1, {}, row.figures, row.name) for row in rows if set(names) <= row.figures.keys()
        ],
    )


def _missing(front: FrontRecord, trials: Sequence[FrontMember], unfinished: Sequence[Unfinished]) -> str:
    """Return why a front is empty: where none finished and some failed, with the reason of the last one."""
    failed = [one for one in unfinished if one.state == "failed"]
    if front.members:
        return no_member(front)
    if trials or not failed:
        remedy = "give other bounds (`--require`), or lift them (`--all`)"
        return f"{no_member(front)}: {remedy if front.requirements else 'train more trials'}"
    last = failed[-1]
    return (
        f"no trial has finished: {len(failed)} failed, the last, trial {last.trial.trial}, with {last.reason}"
    )


def _commands(
    front: FrontRecord, settings: Mapping[str, Any], seeds: Sequence[int], storage: str
) -> dict[int, str]:
    """Return what makes each member again: its choices, or its number where only Python has the trainer."""
    if front.trainer == LOOP or function_of(front.trainer):
        return {one.trial: training_command(front.study, one.trial, storage, front.trainer) for one in front}
    fix = settings.get("fix") or {}
    return {
        one.trial: reproducing_command(
            one, settings, {**fix, **front.baseline.differences(one.choices)}, next(iter(seeds), 0)
        )
        for one in front
    }


def _seeds(front: FrontRecord) -> list[str]:
    """Return how many trainings each member has, where all have as many and more than one."""
    found = {member.seeds for member in front}
    return [f"Each is the mean over {found.pop()} seeds"] if len(found) == 1 and found != {1} else []


def _shared(front: FrontRecord) -> dict[str, str]:
    """Return the choices that all members have, as a fact."""
    shared = shared_choices(front.members)
    return {"shared choices": choices_text(shared, list(shared))} if shared else {}


def _with(member: FrontMember, further: Measured) -> FrontMember:
    return replace(member, values={**further.get(member.trial, {}), **member.values})


def _remarks(front: FrontRecord, remarks: Mapping[int, Sequence[str]]) -> dict[str, str]:
    return {f"trial {m.trial}": "\n".join(remarks[m.trial]) for m in front if remarks.get(m.trial)}


def _by_epoch(
    front: FrontRecord, epochs: Mapping[int, Sequence[EpochRecord]], styles: Mapping[int, LineStyle]
) -> "dict[str, Figure]":
    """Return the curves of members that have any, and their losses where their trainer reports them."""
    curves = {m.trial: epochs[m.trial] for m in front.members if epochs.get(m.trial)}
    if not curves:
        return {}
    labels = {m.trial: f"{trial_name(m)}{', first seed' * (m.seeds > 1)}" for m in front.members}
    drawn = {"epochs": epochs_figure(curves, labels, styles)}
    if len(front.devices) < 2 or front.device is not None:  # the seconds of epochs are never scaled
        drawn["epochs-time"] = epochs_figure(curves, labels, styles, along="time")
    cpu_time = any(o.quantity == "cpu_time" for o in front.objectives)
    if cpu_time and all(record.cpu_seconds for records in curves.values() for record in records):
        drawn["epochs-cpu-time"] = epochs_figure(curves, labels, styles, along="cpu_time")
    if any(record.train_loss is not None for records in curves.values() for record in records):
        decoding = {m.trial for m in front if reconstructs(m.choices)}
        drawn["losses"] = losses_figure(curves, labels, styles, decoding)
    return drawn


def _compares(quantity: str, front: FrontRecord) -> bool:
    """Return whether the values of a quantity compare on all devices of the front's trials."""
    if len(front.devices) < 2 or front.device is not None or quantity == "acc":
        return True
    return front.scaled_to is not None and quantity != "memory"
