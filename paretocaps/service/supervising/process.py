"""The process of a submission: `python -m paretocaps.service.supervising.process`, with a task on stdin.

It outlives the service that started it, and stores itself how it ended.
"""

import logging
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from paretocaps.errors import FencedError, LostStorageError, ParetocapsError, UnavailableError
from paretocaps.masking import masked
from paretocaps.search.driver_file import DriverFile, tidy
from paretocaps.search.interrupts import Interrupts
from paretocaps.service.running import Interrupted
from paretocaps.service.supervising.task import Task
from paretocaps.service.supervising.turn import Turn
from paretocaps.service.supervising.work import WORK
from paretocaps.storage.patience import EVERYTHING, Patience
from paretocaps.storage.store import Store
from paretocaps.storage.turns import TurnLostError

_log = logging.getLogger(__name__)

_PATIENCE = 600.0  # s that it waits for a database that is away


def main(line: str) -> int:
    """Run the task of a line of JSON; return the exit code: 0 unless nothing could be stored of its end."""
    task = Task.read(line)
    patience = Patience(_PATIENCE, notice=_log.warning, waits_for=EVERYTHING)
    with ExitStack() as held:
        held.enter_context(_alive(task.token))
        store = held.enter_context(Store.open(task.storage, create=False, patience=patience))
        try:
            turn = held.enter_context(Turn(store, task))
        except TurnLostError:
            return 0
        try:
            _run(turn)
        except (UnavailableError, LostStorageError):
            _note_traceback()
            return 1
    return 0


@contextmanager
def _alive(token: str) -> Iterator[None]:
    """Hold the file by which other processes of this machine know that this one lives."""
    file = DriverFile(token)
    with file.held():
        file.registered()
        tidy()
        yield
        file.remove()


def _run(turn: Turn) -> None:
    if turn.submission.kind == "export":
        os.nice(5)  # it is short, and leaves the processor to trainings
    try:
        with Interrupts().watching():
            reason, result = WORK[turn.submission.kind](turn)
    except (Interrupted, KeyboardInterrupt, FencedError):
        turn.end("interrupted")
    except (UnavailableError, LostStorageError):
        raise
    except ParetocapsError as error:
        turn.end("failed", masked(str(error)))
    except Exception as error:
        _note_traceback()
        turn.end("failed", masked(f"{type(error).__name__}: {error}"))
    else:
        turn.end("ended", reason, result)


def _note_traceback() -> None:
    """Write what went wrong to the log, without passwords."""
    print(masked(traceback.format_exc()), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.stdin.readline()))
