"""Which training of a seed counts: the latest that was measured, and of those trained again the quietest."""

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, and_, bindparam, exists, select, update

from paretocaps.storage.schema import ATTEMPTS

_MEASURED = ("id", "attempt", "device_name", "torch", "retuned", "loaded", "taken", "time")
_OF_SEED = (
    ATTEMPTS.c.trial_id == bindparam("of_trial"),
    ATTEMPTS.c.seed == bindparam("of_seed"),
    ATTEMPTS.c.state == "finished",
)
_MEASURED_OF_SEED = (
    select(*(ATTEMPTS.c[name] for name in _MEASURED)).where(*_OF_SEED).order_by(ATTEMPTS.c.attempt)
)


def counts(attempts: FromClause = ATTEMPTS) -> ColumnElement[bool]:
    """Return the condition that an attempt is finished, and that no quieter one counts in its place."""
    return and_(attempts.c.state == "finished", attempts.c.replaced.is_not(True))


def was_stopped(attempts: FromClause = ATTEMPTS) -> ColumnElement[bool]:
    """Return the condition that an attempt was stopped early."""
    return attempts.c.state == "stopped"


@cache
def is_latest(of: Callable[[FromClause], ColumnElement[bool]] = counts) -> ColumnElement[bool]:
    """Return the condition that an attempt is the latest of its trial and seed that counts, or is in `of`."""
    later = ATTEMPTS.alias("later")
    is_later = and_(
        later.c.trial_id == ATTEMPTS.c.trial_id,
        later.c.seed == ATTEMPTS.c.seed,
        of(later),
        later.c.attempt > ATTEMPTS.c.attempt,
    )
    return and_(of(ATTEMPTS), ~exists().where(is_later))


def keep_quietest(connection: Connection, trial: int, seed: int) -> None:
    """Let the quietest of a seed's finished attempts count if one was loaded; the others are `replaced`.

    One whose times do not compare with those of the first attempt (of another device, version of torch or
    tuning) counts only where that is so for all. Of equally quiet ones it is the one with the least time.

    Args:
        connection: a connection in a write transaction.
        trial: the key of the trial's row.
        seed: the seed.
    """
    own = {"of_trial": trial, "of_seed": seed}
    measured = connection.execute(_MEASURED_OF_SEED, own).all()
    if len(measured) < 2 or not any(row.loaded for row in measured):
        return
    quietest = min(measured, key=lambda row: _noise(row, measured[0]))
    connection.execute(update(ATTEMPTS).where(*_OF_SEED).values(replaced=ATTEMPTS.c.id != quietest.id), own)


def _noise(row: Row[Any], first: Row[Any]) -> tuple[bool, bool, bool, float, float]:
    """Return how far an attempt is from a quiet one on the device of the `first`; the least is the best."""
    elsewhere = (row.device_name, row.torch) != (first.device_name, first.torch)
    taken = 1.0 if row.taken is None else row.taken
    return elsewhere, bool(row.retuned), bool(row.loaded), taken, row.time
