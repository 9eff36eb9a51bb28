"""Reads the epochs of many trials as plain rows."""

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, select

from paretocaps.storage.quietest import is_latest
from paretocaps.storage.schema import ATTEMPTS, EPOCHS, TRIALS
from paretocaps.storage.studies import named


class EpochRow(NamedTuple):
    """One epoch of a training: its trial, seed and machine, its seconds, and the accuracy after it."""

    trial: int
    seed: int
    device: str
    torch: str
    epoch: int
    seconds: float
    acc: float


def finished_epochs(connection: Connection, study: str, numbers: Collection[int]) -> list[EpochRow]:
    """Return the epochs of the finished trials in `numbers`, by trial, seed and epoch.

    Of each seed they are those of its latest finished attempt, or of the quietest one where it was redone.
    """
    own = TRIALS.c.study_id == named(study), TRIALS.c.number.in_(numbers)
    finished = TRIALS.c.state == "finished", is_latest()
    query = select(
        TRIALS.c.number,
        ATTEMPTS.c.seed,
        ATTEMPTS.c.device_name,
        ATTEMPTS.c.torch,
        EPOCHS.c.epoch,
        EPOCHS.c.seconds,
        EPOCHS.c.acc,
    )
    joined = query.select_from(EPOCHS.join(ATTEMPTS).join(TRIALS)).where(*own, *finished)
    rows = connection.execute(joined.order_by(TRIALS.c.number, ATTEMPTS.c.seed, EPOCHS.c.epoch))
    return [EpochRow(*row) for row in rows]


def accuracies(connection: Connection, study: str, seed: int) -> dict[int, dict[int, float]]:
    """Return the accuracy after each epoch of the trainings with `seed`, by trial and epoch.

    Trials in every state are among them; of each epoch it is that of the last attempt.
    """
    own = TRIALS.c.study_id == named(study), ATTEMPTS.c.seed == seed
    query = select(TRIALS.c.number, EPOCHS.c.epoch, EPOCHS.c.acc)
    joined = query.select_from(EPOCHS.join(ATTEMPTS).join(TRIALS)).where(*own)
    found: dict[int, dict[int, float]] = defaultdict(dict)
    for number, epoch, acc in connection.execute(
        joined.order_by(TRIALS.c.number, ATTEMPTS.c.attempt, EPOCHS.c.epoch)
    ):
        found[number][epoch] = acc
    return dict(found)
