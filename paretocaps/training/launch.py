"""Starts the ranks of a job as processes, watches them, and always ends them."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import torch
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from paretocaps.domain.job import TrainingJob
from paretocaps.errors import LostError, ParetocapsError, TrainingError, UsageError
from paretocaps.run_folder import RunFolder
from paretocaps.training.ranks import ALONE, Ranks, group_of
from paretocaps.writing import private_folder

LOOPBACK = "127.0.0.1"
_POLL = 0.05  # s
_PATIENCE = 3.0  # s until a lost rank must have shown up as a dead process
_CLOSING = 10.0  # s that a rank has to end by itself when the training is done
_REACTION = 15.0  # s after which a rank that waits on a GPU for a lost one is ended too


@contextmanager
def open_ranks(job: TrainingJob) -> Iterator[Ranks]:
    """Return the ranks that train `job`: this process alone, those that torchrun started, or new processes.

    Under torchrun (RANK and WORLD_SIZE in the environment) this process is one of the ranks. Otherwise it is
    the first, and the others are its child processes in the same session, which end when this process ends,
    for whatever reason. Where one of them is lost, the training fails with the reason of that loss, and the
    others are ended.

    Raises:
        UsageError: torchrun started another number of ranks than the job has.
        TrainingError: a rank was lost.
    """
    if job.ranks == 1:
        yield ALONE
        return
    placed = torchrun_rank()
    if placed is not None:
        rank, size, local = placed
        if size != job.ranks:
            raise UsageError(f"ranks={job.ranks}, but torchrun started {size}: give one number only")
        with group_of(rank, size, local, None, backend_of(job)) as ranks:
            yield ranks
        return
    with _started(job) as ranks:
        yield ranks


def torchrun_rank(environment: Mapping[str, str] = os.environ) -> tuple[int, int, int] | None:
    """Return rank, number of ranks and local rank as torchrun sets them; None without torchrun."""
    try:
        rank, size = int(environment["RANK"]), int(environment["WORLD_SIZE"])
        return (rank, size, int(environment.get("LOCAL_RANK", rank))) if size > 1 else None
    except (KeyError, ValueError):
        return None


def backend_of(job: TrainingJob) -> str:
    """Return the communication backend of the ranks of `job`."""
    return "nccl" if job.device.startswith("cuda") else "gloo"


def loopback_only() -> None:
    """Make gloo use the loopback interface, where this machine has one with the usual name."""
    if "lo" in [name for _, name in socket.if_nameindex()]:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")


@contextmanager
def _started(job: TrainingJob) -> Iterator[Ranks]:
    loopback_only()
    store = TCPStore(LOOPBACK, 0, is_master=True, wait_for_workers=False)
    others = RankProcesses(job, store.port)
    watched = job.device.startswith("cuda")
    try:
        others.wait_until_ready(store)
        with others.watched(watched), group_of(0, job.ranks, 0, store, backend_of(job)) as ranks:
            yield ranks
            others.finish()
    except ParetocapsError:
        raise
    except Exception as error:
        lost = others.lost(_PATIENCE)
        if lost is None:
            raise
        raise lost from error
    finally:
        others.end()


class RankProcesses:
    """The processes of all ranks of a job but the first.

    Args:
        job: the job that they train; each writes a log to the job's folder.
        port: the port on this machine at which the ranks meet.

    Raises:
        OSError: a process cannot be started.
    """

    def __init__(self, job: TrainingJob, port: int) -> None:
        self._folder = RunFolder(job.folder)
        private_folder(self._folder.path)
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        try:
            for rank in range(1, job.ranks):
                self._processes[rank] = self._start(job, rank, port)
        except BaseException:
            self.end()
            raise

    def _start(self, job: TrainingJob, rank: int, port: int) -> subprocess.Popen[bytes]:
        threads = {"OMP_NUM_THREADS": str(job.threads)} if job.threads else {}
        path = os.pathsep.join(entry for entry in sys.path if entry)  # a rank imports what this process does
        with self._folder.rank_log(rank).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "paretocaps.training.rank_process", str(rank), str(port)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**os.environ, **threads, "PYTHONPATH": path},
            )
        assert process.stdin is not None
        with suppress(BrokenPipeError):  # the rank died at once, which `lost` will notice
            process.stdin.write(job.model_dump_json().encode() + b"\n")
            process.stdin.flush()  # the pipe stays open: the rank ends when it closes
        return process

    def wait_until_ready(self, store: TCPStore) -> None:
        """Wait until every rank has connected to `store`.

        Raises:
            TrainingError: a rank ended before it was ready.
        """
        keys = [f"ready-{rank}" for rank in self._processes]
        while not store.check(keys):
            if (lost := self.lost()) is not None:
                raise lost
            time.sleep(_POLL)

    def lost(self, patience: float = 0.0) -> TrainingError | None:
        """Wait up to `patience` seconds for a lost rank; return an error that says which and why, or None."""
        deadline = time.monotonic() + patience
        while True:
            for rank, process in self._processes.items():
                if process.poll():
                    passing = process.returncode < 0 or process.returncode == os.EX_TEMPFAIL
                    kind = LostError if passing else TrainingError
                    return kind(f"rank {rank} was lost: {_how(process.returncode)}{self._said(rank)}")
            if time.monotonic() >= deadline:
                return None
            time.sleep(_POLL)

    @contextmanager
    def watched(self, watch: bool) -> Iterator[None]:
        """With `watch`, end this process where a rank is lost and the loss raises no error, as under NCCL."""
        over = threading.Event()
        if watch:
            threading.Thread(target=self._watch, args=(over,), daemon=True).start()
        try:
            yield
        finally:
            over.set()

    def _watch(self, over: threading.Event) -> None:
        while not over.wait(_POLL):
            if (lost := self.lost()) is not None:
                if not over.wait(_REACTION):
                    print(lost, file=sys.stderr, flush=True)
                    self.end()
                    os._exit(os.EX_TEMPFAIL)
                return

    def finish(self) -> None:
        """Wait for the ranks to end by themselves, up to a limit."""
        deadline = time.monotonic() + _CLOSING
        for process in self._processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))

    def end(self) -> None:
        """Kill the ranks that still run."""
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.wait()
            if process.stdin is not None:
                with suppress(BrokenPipeError):
                    process.stdin.close()

    def _said(self, rank: int) -> str:
        with suppress(OSError):
            text = self._folder.rank_log(rank).read_text(errors="replace")
            lines = [line for line in text.splitlines() if line.strip()]
            return f"; its log ends with: {lines[-1].strip()[:300]}" if lines else ""
        return ""


def _how(code: int) -> str:
    if code >= 0:
        return f"it ended with exit code {code}"
    killed = -code == signal.SIGKILL
    return f"it ended by signal {-code} ({'killed; out of memory?' if killed else signal.strsignal(-code)})"


def threads_of(job: TrainingJob) -> int | None:
    """Return the CPU threads per rank: the job's, or else this process's, divided among the ranks."""
    if job.threads is not None or job.ranks == 1:
        return job.threads
    return max(1, torch.get_num_threads() // job.ranks)
