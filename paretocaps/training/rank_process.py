"""Runs a rank other than the first: `python -m paretocaps.training.rank_process RANK PORT`.

The job comes on standard input. When the first rank ends, for whatever reason, that pipe is closed, and
this process ends too.
"""

import os
import signal
import sys
import threading
import traceback

from torch.distributed import TCPStore  # type: ignore[attr-defined]

from paretocaps.domain.job import TrainingJob
from paretocaps.errors import is_passing
from paretocaps.training.launch import LOOPBACK, backend_of, loopback_only
from paretocaps.training.ranks import group_of
from paretocaps.training.train import run


def main(rank: int, port: int) -> None:
    """Train the job on standard input as one of its ranks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first rank handles Ctrl-C, and ends this one
    job = TrainingJob.model_validate_json(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_first, daemon=True).start()
    loopback_only()
    store = TCPStore(LOOPBACK, port, is_master=False)
    store.set(f"ready-{rank}", "")
    with group_of(rank, job.ranks, rank, store, backend_of(job)) as ranks:
        run(job, lambda record: True, ranks)


def passing_exit(error: BaseException) -> int:
    """Return the exit code after `error`: EX_TEMPFAIL where a new process may succeed."""
    return os.EX_TEMPFAIL if is_passing(error) else 1


def _end_with_first() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), int(sys.argv[2]))
    except Exception as error:
        traceback.print_exception(error)
        sys.exit(passing_exit(error))
