"""The trainings with seeds beyond those that every trial of a study has, which `confirm` adds."""

from typing import NamedTuple

from sqlalchemy import Connection, select

from paretocaps.storage.records import State
from paretocaps.storage.schema import ATTEMPTS, TRIALS
from paretocaps.storage.studies import study_id


class FurtherSeed(NamedTuple):
    """An attempt at a further seed of a trial, its state and, once it is measured, its seconds in all."""

    trial: int
    seed: int
    state: State
    wall: float | None


def further_seeds(connection: Connection, study: str, first: int, last: int) -> list[FurtherSeed]:
    """Return the attempts of finished trials with seeds that are not from `first` to `last`.

    Raises:
        StorageError: there is no such study.
    """
    beyond = (ATTEMPTS.c.seed < first) | (ATTEMPTS.c.seed > last)
    own = TRIALS.c.study_id == study_id(connection, study), TRIALS.c.state == "finished", beyond
    columns = TRIALS.c.number, ATTEMPTS.c.seed, ATTEMPTS.c.state, ATTEMPTS.c.wall
    rows = connection.execute(
        select(*columns).select_from(ATTEMPTS.join(TRIALS)).where(*own).order_by(ATTEMPTS.c.id)
    )
    return [FurtherSeed(*row) for row in rows]
