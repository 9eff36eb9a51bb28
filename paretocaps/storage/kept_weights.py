"""Which weight files are still wanted: those of open trials and of the latest fronts' members."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select, update

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.storage.artifacts import artifacts_of
from paretocaps.storage.attempts import is_attempt, is_latest
from paretocaps.storage.records import KeptWeights
from paretocaps.storage.schema import ATTEMPTS, FRONT_MEMBERS, FRONTS, TRIALS
from paretocaps.storage.studies import study_id


def weights_in_use(
    connection: Connection, study: str, keep: Collection[int] | None = None
) -> list[KeptWeights]:
    """Return the weight files of a study that are wanted.

    They are those of running and interrupted trials, and of the latest finished attempt of each
    seed of the trials in `keep`; where `keep` is None, of the members of the latest stored front over
    each set of objectives.

    Raises:
        StorageError: there is no such study.
    """
    return _weights(connection, study, keep, used=True)


def weights_unused(
    connection: Connection, study: str, keep: Collection[int] | None = None
) -> list[KeptWeights]:
    """Return the other weight files of a study, for the caller to delete and then `forget_weights`.

    Raises:
        StorageError: there is no such study.
    """
    return _weights(connection, study, keep, used=False)


def forget_weights(connection: Connection, key: AttemptKey) -> None:
    """Note that the weights file of an attempt was deleted.

    Raises:
        StorageError: there is no such study or trial.
    """
    connection.execute(update(ATTEMPTS).where(is_attempt(connection, key)).values(weights=None))


def _weights(
    connection: Connection, study: str, keep: Collection[int] | None, *, used: bool
) -> list[KeptWeights]:
    key, artifacts = study_id(connection, study), artifacts_of(connection)
    kept = TRIALS.c.number.in_(_members(key) if keep is None else keep)
    wanted = or_(TRIALS.c.state.in_(("running", "interrupted")), and_(kept, is_latest()))
    query = (
        select(TRIALS.c.number, ATTEMPTS.c.seed, ATTEMPTS.c.attempt, ATTEMPTS.c.folder, ATTEMPTS.c.weights)
        .select_from(ATTEMPTS.join(TRIALS))
        .where(TRIALS.c.study_id == key, ATTEMPTS.c.weights.is_not(None), wanted if used else ~wanted)
        .order_by(TRIALS.c.number, ATTEMPTS.c.seed, ATTEMPTS.c.attempt)
    )
    return [
        KeptWeights(AttemptKey(study, number, seed, attempt), artifacts / (folder or "") / name)
        for number, seed, attempt, folder, name in connection.execute(query)
    ]


def _members(study: int) -> Select[Any]:
    latest = select(func.max(FRONTS.c.id)).where(FRONTS.c.study_id == study).group_by(FRONTS.c.objectives)
    return select(FRONT_MEMBERS.c.trial).where(FRONT_MEMBERS.c.front_id.in_(latest))
