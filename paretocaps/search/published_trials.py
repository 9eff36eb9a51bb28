"""Finds the trials that were trained as the rows of a paper describe, whatever they are called."""

from collections.abc import Mapping, Sequence
from typing import Any

from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.published import Published, PublishedRow
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS, TrainerSpec
from paretocaps.errors import ParetocapsError, UsageError
from paretocaps.search.designs import with_designs
from paretocaps.search.same_training import SameTraining
from paretocaps.storage.records import StudyRecord


def with_trials(published: Published, study: StudyRecord, trials: Sequence[FrontMember]) -> Published:
    """Return `published` with the numbers of the trials that each row describes.

    A row is about the trials that were trained as it says, in the context of its study file: with the
    design of its name, or with the choices that it has and any others. Without the study's trainer, rows are
    left as they are.

    Args:
        published: what a paper publishes about a study.
        study: the study.
        trials: its finished trials.
    """
    try:
        found = _described(published, study, trials)
    except ParetocapsError:  # the trainer, or a choice, is of a package that is not installed here
        return published
    rows = (
        row.model_copy(update={"trials": about}) for row, about in zip(published.rows, found, strict=True)
    )
    return published.model_copy(update={"rows": tuple(rows)})


def _described(
    published: Published, study: StudyRecord, trials: Sequence[FrontMember]
) -> list[tuple[int, ...]]:
    """Return for each row the numbers of the trials that it describes."""
    spec = StudySpec.model_validate(study.spec)
    trainer = with_designs(TRAINERS.get(spec.trainer), spec.design)
    context = trainer.parse_fix(spec.fix if spec.file_fix is None else spec.file_fix)
    same = SameTraining(trainer, spec.epochs, study.facts)

    def is_about(row: PublishedRow, trial: FrontMember) -> bool:
        if row.choices is not None:
            asked = trainer.parse_fix({**context, **row.choices})
            return _is_same(trainer, same, trial.choices, asked)
        if row.name not in trainer.designs:
            return row.name in trial.designs
        wanted = trainer.complete(trainer.designs[row.name], context)
        return same.key(trial.choices) == same.key(wanted)

    return [tuple(trial.trial for trial in trials if is_about(row, trial)) for row in published.rows]


def _is_same(
    trainer: TrainerSpec, same: SameTraining, choices: Mapping[str, Any], asked: Mapping[str, Any]
) -> bool:
    """Return whether a trial with `choices` would train the same if it had those that are asked for."""
    changed = {name: value for name, value in asked.items() if choices.get(name) != value}
    if any(name in choices and same.acts_alone(name) for name in changed):
        return False
    try:
        return not changed or same.key(trainer.complete(changed, choices)) == same.key(choices)
    except UsageError:
        return False
