"""Writes the epochs of running attempts to the database."""

import math
from collections.abc import Sequence
from functools import cache

from sqlalchemy import Connection, bindparam, or_, select
from sqlalchemy.sql.dml import Insert

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.measurement import EpochRecord
from paretocaps.errors import DivergedError
from paretocaps.storage.attempts import epoch_row, find_attempt
from paretocaps.storage.events import tell
from paretocaps.storage.schema import ATTEMPTS, EPOCHS, INSERT, TRIALS
from paretocaps.storage.studies import named
from paretocaps.storage.telling import told_epoch


def record_epochs(connection: Connection, records: Sequence[tuple[AttemptKey, EpochRecord]]) -> None:
    """Store epochs of running attempts of one study; each replaces an earlier record of the same epoch.

    A loss that is not finite is stored as NULL, since the attempt has not failed yet.

    Raises:
        StorageError: there is no such attempt.
        DivergedError: another value of an epoch is not finite.
    """
    fresh = []
    for key, record in records:
        row = epoch_row(record)
        for name, value in row.items():
            if value is not None and not math.isfinite(value):
                raise DivergedError(f"measured {name} of epoch {record.epoch} is {value}: it is not stored")
        own = {"of_study": key.study, "of_trial": key.trial, "of_seed": key.seed, "of_attempt": key.attempt}
        done = connection.execute(_recorded(connection.dialect.name), own | row, execution_options=_COUNTED)
        if done.rowcount:
            fresh.append(told_epoch(key, row))
        else:  # unless it is stored already
            find_attempt(connection, key)
    if fresh:
        tell(connection, records[0][0].study, fresh)


_COUNTED = {"preserve_rowcount": True}


@cache
def _recorded(dialect: str) -> Insert:
    """Return the statement that adds an epoch, or replaces it by another one: one for all that is trained."""
    trial = select(TRIALS.c.id).where(
        TRIALS.c.study_id == named(bindparam("of_study")), TRIALS.c.number == bindparam("of_trial")
    )
    names = [column.name for column in EPOCHS.c if column.name != "attempt_id"]
    values = [bindparam(name, type_=EPOCHS.c[name].type) for name in names]
    own = select(ATTEMPTS.c.id, *values).where(
        ATTEMPTS.c.trial_id == trial.scalar_subquery(),
        ATTEMPTS.c.seed == bindparam("of_seed"),
        ATTEMPTS.c.attempt == bindparam("of_attempt"),
    )
    added = INSERT[dialect](EPOCHS).from_select(["attempt_id", *names], own)
    differs = or_(*(EPOCHS.c[name].is_distinct_from(added.excluded[name]) for name in names))
    replaced: Insert = added.on_conflict_do_update(
        index_elements=["attempt_id", "epoch"],
        set_={name: added.excluded[name] for name in names},
        where=differs,
    )
    return replaced
