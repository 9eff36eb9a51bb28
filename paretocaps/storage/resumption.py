"""How far attempts got, and which attempt went on from the checkpoint of which."""

from pathlib import Path

from sqlalchemy import Connection, func, select, update

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.storage.artifacts import artifacts_of
from paretocaps.storage.attempts import find_attempt, is_attempt
from paretocaps.storage.folders import folder_here
from paretocaps.storage.schema import ATTEMPTS, EPOCHS, TRIALS
from paretocaps.storage.studies import named


def resume_attempt(connection: Connection, key: AttemptKey, earlier: int) -> None:
    """Store that an attempt goes on from the checkpoint of the attempt `earlier` at the same trial and seed.

    Raises:
        StorageError: there is no such attempt.
    """
    found = find_attempt(connection, key)
    connection.execute(update(ATTEMPTS).where(ATTEMPTS.c.id == found.id).values(resumed_from=earlier))


def earlier_folders(connection: Connection, key: AttemptKey) -> dict[int, Path]:
    """Return the folders on this machine of the attempts before `key` at the same trial and seed, by number.

    Those that finished are left out: who trains such a seed again, as after a disturbance, begins anew.

    Raises:
        StorageError: one leads out of the artifact folder.
    """
    of_trial = TRIALS.c.study_id == named(key.study), TRIALS.c.number == key.trial
    before = (
        ATTEMPTS.c.seed == key.seed,
        ATTEMPTS.c.attempt < key.attempt,
        ATTEMPTS.c.state != "finished",
        ATTEMPTS.c.folder.is_not(None),
    )
    query = select(ATTEMPTS, TRIALS.c.choices).select_from(ATTEMPTS.join(TRIALS))
    rows = connection.execute(query.where(*of_trial, *before))
    found = {row.attempt: folder_here(artifacts_of(connection), key.study, row) for row in rows}
    return {attempt: folder for attempt, folder in found.items() if folder is not None}


def got_further(connection: Connection, key: AttemptKey) -> bool:
    """Return whether an attempt recorded an epoch that no earlier one at the same trial and seed did.

    Raises:
        StorageError: there is no such attempt.
    """
    find_attempt(connection, key)
    of_trial = TRIALS.c.study_id == named(key.study), TRIALS.c.number == key.trial
    last = select(func.max(EPOCHS.c.epoch)).select_from(EPOCHS.join(ATTEMPTS).join(TRIALS))
    before = ATTEMPTS.c.seed == key.seed, ATTEMPTS.c.attempt < key.attempt
    own = connection.scalar(last.where(is_attempt(key))) or 0
    return own > (connection.scalar(last.where(*of_trial, *before)) or 0)
