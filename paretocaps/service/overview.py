"""How all studies of a database stand, quickly enough for a page that shows hundreds of them."""

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import ParetocapsError, UnavailableError
from paretocaps.service.opened import Storage, opened

if TYPE_CHECKING:
    from paretocaps.storage.standings import Standing
    from paretocaps.storage.store import Store

StudyState = Literal["running", "complete", "incomplete"]


@dataclass(frozen=True)
class FrontSize:
    """How large a front is: its members, and its hypervolume as a share; None before that is known."""

    members: int
    hypervolume: float | None


@dataclass(frozen=True)
class StudyLine:
    """A study in one line.

    Attributes:
        name: its name.
        created: when it was created.
        objectives: the names of its objectives.
        data: its images, in words.
        state: "running" while a driver runs it, "complete" with all its trials, else "incomplete".
        trials: the number of its trials in each state.
        wanted: the number of trials that it shall have; None where that was not stored.
        front: the size of its front within its bounds; None where it has none, or it is not read yet.
        pending: whether its front is not read yet.
    """

    name: str
    created: datetime
    objectives: tuple[str, ...]
    data: str
    state: StudyState
    trials: Mapping[str, int]
    wanted: int | None
    front: FrontSize | None
    pending: bool = False

    @property
    def ended(self) -> int:
        """How many of its trials count: those that finished, and those that were stopped early."""
        return self.trials["finished"] + self.trials["stopped"]


class Overview:
    """The lines of all studies; each front is read once for each change of its study. Threads may share it.

    Args:
        storage: path of an SQLite file, database URL or open store.
        seconds: how long one call reads fronts, unless it says; what is left over is read by the next ones.
    """

    def __init__(self, storage: Storage, seconds: float = 0.15) -> None:
        self._storage, self._seconds = storage, seconds
        self._fronts: dict[str, tuple[int, datetime, FrontSize | None]] = {}
        self._lock = threading.Lock()

    def lines(self, seconds: float | None = None) -> list[StudyLine]:
        """Return a line for each study, the newest first, having read fronts for so many seconds.

        Raises:
            StorageError: there is no such database.
        """
        with self._lock, opened(self._storage) as store:
            standings = store.standings()
            self._fronts = {one.name: self._fronts[one.name] for one in standings if one.name in self._fronts}
            self._read(store, standings, self._seconds if seconds is None else seconds)
            return [self._line(one) for one in standings]

    def _read(self, store: "Store", standings: "list[Standing]", seconds: float) -> None:
        until = time.monotonic() + seconds
        for one in standings:
            if time.monotonic() > until:
                return
            if not self._known(one):
                self._fronts[one.name] = one.changes, one.created, front_size(store, one.name)

    def _known(self, standing: "Standing") -> bool:
        known = self._fronts.get(standing.name)
        return known is not None and known[:2] == (standing.changes, standing.created)

    def _line(self, standing: "Standing") -> StudyLine:
        wanted = standing.spec.get("trials")
        known = self._fronts.get(standing.name)
        return StudyLine(
            name=standing.name,
            created=standing.created,
            objectives=tuple(standing.spec.get("objectives", ())),
            data=_data(standing),
            state=state_of(standing, wanted is not None and standing.ended >= wanted),
            trials={str(state): count for state, count in standing.trials.items()},
            wanted=wanted,
            front=known[2] if known else None,
            pending=not self._known(standing),
        )


def state_of(standing: "Standing", done: bool) -> StudyState:
    """Return the state of a study that has all its trials, or has not."""
    from paretocaps.search.driver import seems_to_run

    if any(seems_to_run(driver) for driver in standing.drivers):
        return "running"
    return "complete" if done else "incomplete"


def front_size(store: "Store", study: str) -> FrontSize | None:
    """Return the size of a study's front within its bounds; None where several devices do not compare.

    Raises:
        UnavailableError: the database cannot be used at present.
    """
    from paretocaps.service.fronts import front_of

    try:
        front = front_of(store, study)
    except UnavailableError:  # a passing fault, which must not be kept as the study's
        raise
    except ParetocapsError:
        return None
    return FrontSize(len(front), front.hypervolume_share)


def _data(standing: "Standing") -> str:
    data, dataset = standing.spec.get("data"), standing.spec.get("dataset")
    if data is None:
        return str(dataset or "digits")
    with suppress(ValueError, ParetocapsError):
        return str(StudySpec.model_validate(standing.spec).data_spec)
    return str(data)
