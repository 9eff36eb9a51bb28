"""The section of a report that compares published figures with measured ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.published import Published
from paretocaps.domain.wording import trials_text
from paretocaps.report.baselines import EPOCHS_TO_BASELINE, baselines_table, reached
from paretocaps.report.depth import DepthLine
from paretocaps.report.measured_beside_published import (
    DEVIATION,
    EPOCH_SECONDS,
    TRAINING_FLOPS,
    beside,
    beside_table,
)
from paretocaps.report.slopes_table import slopes_beside, slopes_table
from paretocaps.report.speeds import speeds, speeds_table
from paretocaps.report.tables import FLAGS, Table
from paretocaps.storage.records import EnsembleRecord

_HOW = (
    "the epoch is the best on validation images; test accuracy is measured once, at that epoch, and is the"
    " mean over the seeds"
)

_SPREAD = "± is half of the 95 % interval, over the seeds or, for an accuracy of one seed, over its images"
_SD = (
    "sd: the standard deviation of the accuracy to its left, over the runs that the paper reports and over"
    " the seeds here (divisor n - 1)"
)
_FLOPS = (
    "training flops are the paper's: forward multiply-adds per image x 3, x 2 where the backbone is frozen;"
    " flops are the operations of a training step, two per multiply-add"
)


@dataclass(frozen=True)
class PublishedSection:
    """The section "Published and measured".

    Attributes:
        facts: the sources of the published and of the measured figures.
        table: the figures, with a heading above the published columns and one above the measured columns.
        mixed: whether trials of several devices are compared, so that times and memory are left out.
        notes: notes on rows, by the rows' names.
        baselines: epochs and seconds to the accuracy of the rows' baselines; None where no row has one.
        speeds: seconds of rows against those of other rows; None where none are compared, and where `mixed`.
        slopes: growths per block, published and measured; None where none are published or shown.
    """

    facts: Mapping[str, str]
    table: Table
    mixed: bool
    notes: Mapping[str, str]
    baselines: Table | None = None
    speeds: Table | None = None
    slopes: Table | None = None


def published_section(
    published: Published,
    front: FrontRecord,
    trials: Sequence[FrontMember],
    devices: Sequence[str],
    seeds: Sequence[int],
    amount: str = "",
    depths: Sequence[DepthLine] = (),
    ensembles: Sequence[EnsembleRecord] = (),
    *,
    by_depth: bool = False,
) -> PublishedSection:
    """Return the section "Published and measured".

    Args:
        published: what the paper publishes.
        front: the front that the page shows.
        trials: all finished trials with their quantities; members of the front are added to them.
        devices: names of the devices that they were measured on.
        seeds: the seeds that they were trained with.
        amount: how much they were trained, in words.
        depths: quantities by depth, for published slopes.
        ensembles: the study's ensembles.
        by_depth: whether the section has memory and seconds of networks of several depths, and their growth
            per block, also where none are published.
    """
    mixed = len(front.devices) > 1 and front.device is None and front.scaled_to is None
    by_number = {member.trial: member for member in (*front.members, *trials)}
    everyone = [by_number[number] for number in sorted(by_number)]
    lines = beside(published, everyone, timed=not mixed, ensembles=ensembles)
    against = {row.name: row.against for row in published.rows if row.against}
    figures = [name for name in published.figures if name != EPOCHS_TO_BASELINE]
    deep = by_depth and bool(depths)
    table = beside_table(lines, figures, also=("memory", EPOCH_SECONDS) if deep else ())
    slopes = slopes_beside(published.slopes, depths)
    return PublishedSection(
        facts={
            "published": f"{published.source}\ndevice: {published.device}",
            "measured": "\n".join(
                [
                    *_conditions(front, devices, seeds, amount),
                    *_explained(published, spread="±" in str(table.rows)),
                    *_doubts([by_number[line.trial] for line in lines if line.trial in by_number]),
                    *_others(published, everyone),
                ]
            ),
        },
        table=table,
        mixed=mixed,
        notes={line.name: line.note for line in lines if line.note},
        baselines=baselines_table(reached(published, everyone, timed=not mixed))
        if published.baselines
        else None,
        speeds=speeds_table(speeds(lines, against)) if against and not mixed else None,
        slopes=slopes_table(depths) if slopes is None and deep and not mixed else slopes,
    )


def _conditions(front: FrontRecord, devices: Sequence[str], seeds: Sequence[int], amount: str) -> list[str]:
    where = [*devices, *([front.measured_on] if front.measured_on else [])] or ["not recorded"]
    seeded = f"seeds: {', '.join(map(str, seeds)) or 'none'}"
    return [f"device: {where[0]}", *where[1:], seeded, *([f"trained: {amount}"] if amount else [])]


def _explained(published: Published, *, spread: bool) -> list[str]:
    printed = published.figures
    shown = (
        (_HOW, True),
        (_SPREAD, spread),
        (_SD, DEVIATION in printed),
        (_FLOPS, TRAINING_FLOPS in printed),
    )
    return [text for text, is_shown in shown if is_shown]


def _doubts(trials: Sequence[FrontMember]) -> list[str]:
    """Return a line per flag of the trials: what it means, and which trials have it."""
    return [
        f"{flag}: {meaning} ({trials_text(numbers)})"
        for flag, meaning in FLAGS.items()
        if (numbers := sorted({trial.trial for trial in trials if flag in trial.flags}))
    ]


def _others(published: Published, trials: Sequence[FrontMember]) -> list[str]:
    """Return a line on the trials with a row's name that were trained otherwise than the row says."""
    names = {row.name for row in published.rows if row.choices is None}
    others = [
        f"trial {trial.trial} is {trial.design}"
        for trial in trials
        if names.intersection(trial.designs) and not any(row.is_about(trial) for row in published.rows)
    ]
    return [f"trained otherwise than the rows of these names: {'; '.join(others)}"] if others else []
