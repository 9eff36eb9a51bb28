"""Which weight files are still wanted: those of open trials and of the latest fronts' members."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, update

from paretocaps.storage.attempts import is_latest, trial_id
from paretocaps.storage.records import KeptWeights
from paretocaps.storage.schema import ATTEMPTS, FRONT_MEMBERS, FRONTS, TRIALS
from paretocaps.storage.studies import study_id


def weights(
    connection: Connection, study: str, artifacts: Path, *, used: bool, keep: Collection[int] | None
) -> list[KeptWeights]:
    """Return the weight files of a study that are in use, or those that are not.

    In use are those of running and interrupted trials, and of the latest finished attempt of each
    seed of the trials in `keep`; where `keep` is None, of the members of the latest stored front over
    each set of objectives.

    Raises:
        StorageError: there is no such study.
    """
    key = study_id(connection, study)
    kept = TRIALS.c.number.in_(_members(key) if keep is None else keep)
    wanted = or_(TRIALS.c.state.in_(("running", "interrupted")), and_(kept, is_latest()))
    query = (
        select(TRIALS.c.number, ATTEMPTS.c.seed, ATTEMPTS.c.attempt, ATTEMPTS.c.folder, ATTEMPTS.c.weights)
        .select_from(ATTEMPTS.join(TRIALS))
        .where(TRIALS.c.study_id == key, ATTEMPTS.c.weights.is_not(None), wanted if used else ~wanted)
        .order_by(TRIALS.c.number, ATTEMPTS.c.seed, ATTEMPTS.c.attempt)
    )
    return [
        KeptWeights(number, seed, attempt, artifacts / (folder or "") / name)
        for number, seed, attempt, folder, name in connection.execute(query)
    ]


def forget_weights(connection: Connection, study: str, gone: KeptWeights) -> None:
    """Note that a weights file was deleted.

    Raises:
        StorageError: there is no such study or trial.
    """
    of_trial = ATTEMPTS.c.trial_id == trial_id(connection, study, gone.trial)
    same: list[ColumnElement[bool]] = [ATTEMPTS.c.seed == gone.seed, ATTEMPTS.c.attempt == gone.attempt]
    connection.execute(update(ATTEMPTS).where(of_trial, *same).values(weights=None))


def _members(study: int) -> Select[Any]:
    latest = select(func.max(FRONTS.c.id)).where(FRONTS.c.study_id == study).group_by(FRONTS.c.objectives)
    return select(FRONT_MEMBERS.c.trial).where(FRONT_MEMBERS.c.front_id.in_(latest))
