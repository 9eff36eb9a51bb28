"""Finds the weights files that can be deleted: those of trials that are neither open nor kept."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, func, select, update

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.storage.artifacts import artifacts_of
from paretocaps.storage.attempts import find_attempt, is_attempt
from paretocaps.storage.folders import file_in, folder_here
from paretocaps.storage.quietest import is_latest
from paretocaps.storage.records import KeptWeights
from paretocaps.storage.schema import ATTEMPTS, TRIALS
from paretocaps.storage.studies import named

_HIGHEST = 2**63 - 1
# + 0, or the database would go through all trials of the study to find those few with weights
_ENDED_WITH_WEIGHTS = (
    select(
        ATTEMPTS,
        TRIALS.c.number,
        TRIALS.c.state.label("of_trial"),
        TRIALS.c.choices,
        is_latest().label("latest"),
    )
    .select_from(ATTEMPTS.join(TRIALS))
    .where(TRIALS.c.study_id + 0 == named(bindparam("study")), ATTEMPTS.c.weights.is_not(None))
    .where(func.coalesce(TRIALS.c.change, 0) <= bindparam("change"))
    .where(TRIALS.c.state.not_in(("running", "interrupted")))
    .order_by(TRIALS.c.number, ATTEMPTS.c.seed, ATTEMPTS.c.attempt)
)


def weights_kept(connection: Connection, study: str) -> list[KeptWeights]:
    """Return the weights files of a study's trials that have ended (see `weights_unused`)."""
    return weights_unused(connection, study, ())


def weights_unused(
    connection: Connection, study: str, keep: Collection[int], change: int | None = None
) -> list[KeptWeights]:
    """Return the weights files of a study that can be deleted; call `forget_weights` for each afterwards.

    The files of running and interrupted trials are kept, and those of the attempts that count
    of the trials in `keep`. With `change`, so are those of trials that have changed after it. Files outside
    of the artifact folders, and those on other machines, are left out.

    Raises:
        StorageError: a folder leads out of the artifact folder.
    """
    artifacts = artifacts_of(connection)
    asked = {"study": study, "change": _HIGHEST if change is None else change}
    kept = frozenset(keep)
    return [
        KeptWeights(
            AttemptKey(study, row.number, row.seed, row.attempt), path, stopped=row.of_trial == "stopped"
        )
        for row in connection.execute(_ENDED_WITH_WEIGHTS, asked)
        if not (row.latest and row.number in kept)
        and (path := file_in(folder_here(artifacts, study, row), row.weights)) is not None
        and artifacts.holds(path)
    ]


def forget_weights(connection: Connection, key: AttemptKey) -> None:
    """Store that the weights file of an attempt was deleted.

    Raises:
        StorageError: there is no such study, trial or attempt.
    """
    forgotten = connection.execute(update(ATTEMPTS).where(is_attempt(key)).values(weights=None))
    if forgotten.rowcount == 0:
        find_attempt(connection, key)
