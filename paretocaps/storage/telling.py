"""What the events of trials and epochs say."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Double, bindparam, case, cast, func, select

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.measurement import CPU_TIME, MEASURED
from paretocaps.storage.events import Told, tell
from paretocaps.storage.quietest import is_latest
from paretocaps.storage.records import State
from paretocaps.storage.schema import ATTEMPTS, EPOCHS, QUANTITIES

_VALUES = (*MEASURED, CPU_TIME)
_OF_TRIAL = ATTEMPTS.c.trial_id == bindparam("of_trial"), is_latest()
_MEANS = select(
    *(
        case((func.count(column) == func.count(), func.avg(cast(column, Double))))
        for column in (ATTEMPTS.c[name] for name in _VALUES)
    )
).where(*_OF_TRIAL)
_QUANTITY_MEANS = (
    select(QUANTITIES.c.name, func.avg(QUANTITIES.c.value))
    .join_from(QUANTITIES, ATTEMPTS)
    .where(*_OF_TRIAL)
    .group_by(QUANTITIES.c.name)
    .having(
        func.count() == select(func.count(ATTEMPTS.c.id)).where(*_OF_TRIAL).correlate(None).scalar_subquery()
    )
)
_KNOWN_EPOCHS = select(EPOCHS.c.epoch).where(EPOCHS.c.attempt_id == bindparam("attempt"))
_OF_EPOCH = "epoch", "acc", "train_loss", "val_loss", "seconds", "time"


def tell_trial(connection: Connection, study: str, number: int, state: State, **more: Any) -> None:
    """Tell that a trial is in a state, into which it has just come."""
    tell(connection, study, [Told("trial", {"trial": number, "state": state, **more})])


def tell_finished(
    connection: Connection, study: str, trial: int, number: int, before: Iterable[Told] = ()
) -> None:
    """Tell that a trial is finished, with the means over its seeds of what all of them have.

    Args:
        connection: a connection in a write transaction.
        study: the study.
        trial: the key of the trial's row.
        number: the trial's number.
        before: what is to be told first.
    """
    means = connection.execute(_MEANS, {"of_trial": trial}).one()
    values = {name: mean for name, mean in zip(_VALUES, means, strict=True) if mean is not None}
    values |= dict(iter(connection.execute(_QUANTITY_MEANS, {"of_trial": trial})))
    tell(
        connection, study, [*before, Told("trial", {"trial": number, "state": "finished", "values": values})]
    )


def told_epoch(key: AttemptKey, row: Mapping[str, Any]) -> Told:
    """Return what is told of an epoch; `row` has its columns."""
    own = {"trial": key.trial, "seed": key.seed, "attempt": key.attempt}
    return Told("epoch", own | epoch_values(row))


def epoch_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of an epoch besides whose it is; `row` has its columns."""
    return {name: row[name] for name in _OF_EPOCH}


def unheard_of(
    connection: Connection, key: AttemptKey, attempt: int, rows: Iterable[Mapping[str, Any]]
) -> list[Told]:
    """Return what is to be told of those epochs of a training that were not recorded while it ran.

    Args:
        connection: a connection in any transaction.
        key: the attempt.
        attempt: the key of its row.
        rows: the columns of all its epochs.
    """
    known = set(connection.scalars(_KNOWN_EPOCHS, {"attempt": attempt}))
    return [told_epoch(key, row) for row in rows if row["epoch"] not in known]
