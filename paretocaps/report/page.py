"""The report of a study as one HTML page, which needs no other file and no connection."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.history_step import HistoryStep
from paretocaps.domain.measurement import EpochRecord
from paretocaps.masking import masked
from paretocaps.report.depth import EPOCH_TIME, DepthLine, depth_lines
from paretocaps.report.depth_figure import depth_figures
from paretocaps.report.ensembles import ensembles_table
from paretocaps.report.figures import pair_figures, solid_figures
from paretocaps.report.flag_notes import flag_notes
from paretocaps.report.front import Front
from paretocaps.report.html import write_page
from paretocaps.report.hypervolume_text import hypervolume_text
from paretocaps.report.interval_notes import interval_notes
from paretocaps.report.level_notes import level_notes, level_text
from paretocaps.report.line_styles import STYLES, LineStyle, line_styles
from paretocaps.report.networks import QUANTITIES, Measured, networks_table
from paretocaps.report.policies import PolicyCurve
from paretocaps.report.policies_figure import policies_figures
from paretocaps.report.progress_figure import progress_figures
from paretocaps.report.published_section import published_section
from paretocaps.report.slopes_table import slopes_table
from paretocaps.report.tables import (
    Table,
    choice_text,
    choices_text,
    shared_choices,
    trials_table,
    value_text,
)
from paretocaps.report.training_figures import epochs_figure, losses_figure
from paretocaps.storage.records import EnsembleRecord

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from paretocaps.domain.published import Published

FURTHER = (*QUANTITIES, EPOCH_TIME, "best_epoch", "flops")
"""The quantities of trials that a page shows besides those of the front."""


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
    ensembles: Sequence[EnsembleRecord] = (),
) -> Path:
    """Write a study's front as one HTML page: table, figures, settings; return its path.

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
        ensembles: the measured ensembles of the study.

    Raises:
        UsageError: the page cannot be written there.
    """
    further = further or {}
    everyone = [_with(member, further) for member in trials or front.members]
    depths = [line for line in depth_lines(everyone) if _compares(line, front)]
    families = {member.trial: str(member.choices.get("family", "")) for member in front}
    styles = line_styles(families | {curve.trial: curve.family for curve in policies})
    styles |= {m.trial: styles[m.trial].hollow for m in everyone if m.loaded and m.trial in styles}
    return write_page(
        path,
        "report",
        f"{front.study}: front",
        front=front,
        over=", ".join(f"{o.name} ({'more' if o.sign < 0 else 'less'} is better)" for o in front.objectives),
        count=len({member.trial for member in (*front, *trials)}),
        facts=_facts(front, devices, seeds),
        members=_members(front),
        shared=_shared(front),
        flags=flag_notes([*front, *front.corner]),
        intervals=[
            *interval_notes(front.members, front.objectives),
            *level_notes(front),
            *_knee_level(front),
        ],
        remarks=_remarks(front, remarks or {}),
        networks=networks_table(front.members, further),
        by_depth=depth_figures(depths),
        slopes=slopes_table(depths),
        solid=solid_figures(front, trials),
        pairs=pair_figures(front, trials),
        by_trial=progress_figures(history) if len(history) > 1 else {},
        by_epoch=_by_epoch(front, epochs or {}, styles),
        policies=policies_figures(policies, styles),
        most=len(STYLES),
        seeded=any(curve.seeds > 1 for curve in policies),
        published=published
        and published_section(
            published,
            front,
            everyone,
            devices,
            seeds,
            _amount(settings or {}, len(seeds)),
            depths,
            ensembles,
        ),
        ensembles=ensembles_table(ensembles),
        settings={
            name: _setting_text(value) for name, value in (settings or {}).items() if name != "file_fix"
        },
    )


def write_figures(path: str | Path, title: str, figures: "Iterable[Figure]") -> Path:
    """Write figures under a title as one HTML page, such as a training plan; return its path.

    Raises:
        UsageError: the page cannot be written there.
    """
    return write_page(path, "figures", title, figures=figures)


def _facts(front: FrontRecord, devices: Sequence[str], seeds: Sequence[int]) -> dict[str, str]:
    tunings = [
        f"{key}: {tuning}" if len(front.tunings) == 1 else f"{device}, {key}: {tuning}"
        for device, kept in front.tunings.items()
        for key, tuning in kept.items()
    ]
    facts = {
        "objectives": "\n".join(f"{o.name}: {o.description}{_in(o.unit)}" for o in front.objectives),
        "bounds": front.within or "none",
        "device": "\n".join([*devices, *([front.measured_on] if front.measured_on else [])])
        or "not recorded",
        "tunings": "\n".join(tunings) or "not recorded",
        "seeds": ", ".join(map(str, seeds)) or "none",
    }
    if front.reference_point is not None:
        values = zip(front.objectives, front.reference_point, strict=True)
        facts["reference point"] = ", ".join(f"{o.name} {value_text(o, v)}" for o, v in values)
        facts |= _ideal(front)
        facts["hypervolume"] = f"{front.hypervolume:.6g} ({' x '.join(o.name for o in front.objectives)})"
        if front.hypervolume_share is not None:
            own = f"{hypervolume_text(front).removeprefix('hypervolume ')} of all between these points"
            facts["hypervolume"] = f"{own}; {facts['hypervolume']}"
    if front.left_out:
        facts["left out"] = "\n".join(front.left_out)
    facts["written"] = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
    return facts


def _ideal(front: FrontRecord) -> dict[str, str]:
    values = zip(front.objectives, front.ideal_point or (), strict=False)
    said = ", ".join(f"{o.name} {value_text(o, value)}" for o, value in values)
    return {"ideal point": said} if said else {}


def _members(front: FrontRecord) -> Table | None:
    if not front.members:
        return None
    knee = Front.from_record(front).knee().trial
    return trials_table(front.members, front.objectives, {knee: "knee"})


def _knee_level(front: FrontRecord) -> list[str]:
    """Return which members the knee is level with, if there are any."""
    knee = Front.from_record(front).knee() if front.members else None
    level = level_text(knee, front.objectives) if knee else ""
    return [f"The knee is {level}"] if knee and level else []


def _shared(front: FrontRecord) -> str:
    shared = shared_choices(front.members)
    return choices_text(shared, list(shared))


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
    labels = {
        m.trial: f"trial {m.trial}{f' ({m.design})' if m.design else ''}{', first seed' * (m.seeds > 1)}"
        for m in front.members
    }
    drawn = {"epochs": epochs_figure(curves, labels, styles)}
    if any(record.train_loss is not None for records in curves.values() for record in records):
        drawn["losses"] = losses_figure(curves, labels, styles)
    return drawn


def _compares(line: DepthLine, front: FrontRecord) -> bool:
    """Return whether the values of a line compare with each other on the devices of the front's trials."""
    if len(front.devices) < 2 or front.device is not None or line.quantity == "acc":
        return True
    return front.scaled_to is not None and line.quantity != "memory"


def _amount(settings: Mapping[str, Any], seeds: int) -> str:
    """Return how much was trained, in words, to be compared with a paper; empty where unknown.

    A second line has the choices that were fixed otherwise than in the study file.
    """
    known = (("epochs", "epoch{}"), ("limit_train", "training image{}"), ("seeds", "training{} per trial"))
    counts = {**settings, "seeds": seeds}
    found = ((counts[name], what) for name, what in known if counts.get(name))
    amount = ", ".join(f"{count} {what.format('' if count == 1 else 's')}" for count, what in found)
    own, fix = settings.get("file_fix"), settings.get("fix") or {}
    besides = [] if own is None else [n for n in fix if choice_text(own.get(n)) != choice_text(fix[n])]
    return f"{amount}\nfixed, unlike in the study file: {choices_text(fix, besides)}" if besides else amount


def _setting_text(value: Any) -> str:
    if isinstance(value, Mapping):
        return (
            " ".join(
                f"{name} ({_setting_text(inner)})"
                if isinstance(inner, Mapping)
                else f"{name}={_setting_text(inner)}"
                for name, inner in value.items()
            )
            or "-"
        )
    if isinstance(value, list | tuple):
        return ", ".join(map(_setting_text, value)) or "-"
    return masked(choice_text(value))


def _in(unit: str) -> str:
    return f" [{unit}]" if unit else ""
