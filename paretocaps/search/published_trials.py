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

    keys = {trial.trial: same.key(trial.choices) for trial in trials}

    def about(row: PublishedRow) -> tuple[int, ...]:
        if row.choices is not None:
            own = trainer.parse_fix(row.choices)
            return tuple(one.trial for one in trials if _has(trainer, same, one.choices, own, context))
        if row.name not in trainer.designs:
            return tuple(one.trial for one in trials if row.name in one.designs)
        wanted = same.key(trainer.complete(trainer.designs[row.name], context))
        return tuple(number for number, key in keys.items() if key == wanted)

    return [about(row) for row in published.rows]


def _has(
    trainer: TrainerSpec,
    same: SameTraining,
    choices: Mapping[str, Any],
    own: Mapping[str, Any],
    context: Mapping[str, Any],
) -> bool:
    """Return whether a trial with `choices` trains the same with the row's own and its file's fixed choices.

    Each of the row's own has to have a meaning for the trial: a network without capsules is no row's that
    shares weights.
    """
    changed = {name: value for name, value in {**context, **own}.items() if choices.get(name) != value}
    if any(name in choices and same.acts_alone(name) for name in changed):
        return False
    try:
        would = trainer.complete(changed, choices) if changed else choices
    except UsageError:
        return False
    return own.keys() <= would.keys() and same.key(would) == same.key(choices)
