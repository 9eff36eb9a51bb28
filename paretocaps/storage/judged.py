"""Stores test accuracies that are measured when a training has long ended: once for each attempt."""

from sqlalchemy import Connection, update

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.measurement import JudgedTest
from paretocaps.errors import StorageError
from paretocaps.storage.attempts import end_trial, find_attempt
from paretocaps.storage.fronts import refresh_value
from paretocaps.storage.schema import ATTEMPTS
from paretocaps.storage.telling import tell_finished


def record_judged(connection: Connection, key: AttemptKey, judged: JudgedTest) -> bool:
    """Store the test accuracy of a finished attempt unless it has one; return whether it was stored.

    It counts as a change of its trial, whose values other drivers then read anew.

    Raises:
        StorageError: there is no such attempt, or it is not finished.
    """
    row = find_attempt(connection, key)
    if row.state != "finished":
        raise StorageError(f"{key} is {row.state}: only a finished training is judged on test images")
    lacking = update(ATTEMPTS).where(ATTEMPTS.c.id == row.id, ATTEMPTS.c.test_acc.is_(None))
    values = {"test_acc": judged.acc, "test_images": judged.images}
    if connection.scalar(lacking.values(**values).returning(ATTEMPTS.c.id)) is None:
        return False
    if row.trial_state == "finished":
        end_trial(connection, key.study, row.trial)
        refresh_value(connection, key.study, key.trial, "test_acc")
        tell_finished(connection, key.study, row.trial, key.trial)
    return True
