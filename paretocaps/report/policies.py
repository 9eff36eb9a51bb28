"""Accuracy, learning rate and batch size by epoch of a study's designs, before anything is drawn."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from paretocaps.domain.choices import Choices
from paretocaps.domain.estimate import Estimate, over_seeds
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.mean_curve import mean_curve
from paretocaps.domain.measurement import EpochRecord
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import ParetocapsError
from paretocaps.report.sentences import trial_name
from paretocaps.report.series import evenly
from paretocaps.report.tables import choice_text

_POINTS = 200
_SAME_RATE = 0.02  # a plan whose images are known to the batch ends its epochs at rates this close


@dataclass(frozen=True)
class PolicyCurve:
    """One trial by epoch.

    Attributes:
        trial: its number.
        name: its number and design.
        family: the family of its network; empty for trainers without families.
        seeds: how many trainings the means are over.
        acc: validation accuracy after each epoch that all seeds reached, from epoch 1; with an interval where
            there are several seeds.
        rates: learning rates, each with the number of epochs trained before it.
        batch_sizes: images per pass in each epoch.
        choices: the choices in which it differs from the other trials of the figures, "name=value" each.
    """

    trial: int
    name: str
    family: str
    seeds: int
    acc: tuple[Estimate, ...]
    rates: tuple[tuple[float, float], ...]
    batch_sizes: tuple[int, ...]
    choices: tuple[str, ...] = ()

    @property
    def means(self) -> list[float]:
        """The accuracies without their intervals."""
        return [point.value for point in self.acc if point.value is not None]


def shown_trials(trials: Sequence[FrontMember], limit: int) -> list[FrontMember]:
    """Return the trials of designs, or all where no trial has a design; at most `limit`, evenly spaced."""
    found = [trial for trial in trials if trial.design is not None] or list(trials)
    return [found[index] for index in evenly(len(found), limit)]


def policy_curve(
    trial: FrontMember,
    trainings: Sequence[Sequence[EpochRecord]],
    trainer: str,
    epochs: int,
    differing: Sequence[str] = (),
    images: int | None = None,
) -> PolicyCurve | None:
    """Return a trial by epoch; None without any epoch.

    Args:
        trial: the trial.
        trainings: the epoch records of each of its seeds.
        trainer: the name of the study's trainer. The learning rates of the built-in trainer are those of the
            plan; of any other, those of its epoch records.
        epochs: how many epochs the plan is laid out for.
        differing: the names of the choices in which it differs from the other trials of the figures.
        images: the number of validation images; None where it is not known.
    """
    curve = mean_curve(trainings)
    if not curve:
        return None
    first = [epoch.records[0] for epoch in curve]
    return PolicyCurve(
        trial=trial.trial,
        name=trial_name(trial),
        family=str(trial.choices.get("family", "")),
        seeds=len(trainings),
        acc=tuple(
            over_seeds([record.acc for record in epoch.records], share=True, images=images) for epoch in curve
        ),
        rates=_planned(trial.choices, first, trainer, epochs) or _recorded(first),
        batch_sizes=tuple(record.batch_size for record in first),
        choices=tuple(
            f"{name}={choice_text(trial.choices[name])}" for name in differing if name in trial.choices
        ),
    )


def _recorded(records: Sequence[EpochRecord]) -> tuple[tuple[float, float], ...]:
    return tuple((float(number), record.learning_rate) for number, record in enumerate(records, start=1))


def _planned(
    choices: Mapping[str, Any], records: Sequence[EpochRecord], trainer: str, epochs: int
) -> tuple[tuple[float, float], ...]:
    """Return the learning rates of the plan, or none if there is none that fits the records.

    The number of training images, which is not stored, is taken from the steps of the first epoch: it is
    right to within one step.
    """
    from paretocaps.schedules.curve import sample_curve
    from paretocaps.schedules.plan import build_plan

    try:
        parsed = TRAINERS.get(trainer).parse(choices)
    except ParetocapsError:  # a trainer, or a choice, of a package that is not installed here
        return ()
    if not isinstance(parsed, Choices) or not records[0].steps:
        return ()
    images = records[0].steps * records[0].batch_size * parsed.accumulate
    plan = build_plan(parsed, images, max(epochs, len(records)), parsed.ranks or 1)
    ends = [row.lr_last for row in plan.rows()]
    if not all(
        math.isclose(record.learning_rate, end, rel_tol=_SAME_RATE)
        for record, end in zip(records, ends, strict=False)
    ):
        return ()
    curve = sample_curve(plan, _POINTS)
    starts = [*plan.epoch_starts(), plan.total_steps]
    spans = list(pairwise(starts))
    found, epoch = [], 0
    for step, rate in zip(curve.steps.tolist(), curve.learning_rates.tolist(), strict=True):
        while step >= spans[epoch][1]:
            epoch += 1
        if epoch >= len(records):
            break
        begin, end = spans[epoch]
        found.append((epoch + (step - begin) / (end - begin), rate))
    return (*found, (float(len(records)), found[-1][1]))
