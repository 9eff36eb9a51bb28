"""The driver's view of a worker process: it starts the worker, exchanges messages with it and ends it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from paretocaps.domain import own_function
from paretocaps.domain.failure import Failure
from paretocaps.execution.descendants import MARK, end_marked, new_mark
from paretocaps.execution.messages import WHERE, decode, encode
from paretocaps.execution.thread_waiting import wait_briefly
from paretocaps.run_folder import RunFolder
from paretocaps.writing import private_folder

GRACE = 1.5
"""Seconds between SIGTERM and SIGKILL."""

CLOSING = 5.0
"""Seconds that an idle worker has to end by itself."""

_WORKER = "paretocaps.execution.worker"
_RANK = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
_FRAME = re.compile(rb'Current thread .*\n  File "([^"]*)", line (\d+) in (\S+)\n')
_WRITING = 0.5  # s that a worker has to write where it is
_TAIL = 8192  # bytes at the end of the log in which its last line is searched


class WorkerProcess:
    """One worker, in a session of its own: the terminal's Ctrl-C does not reach it.

    Args:
        folder: the folder of its first job; the worker logs there until it gets its next job.
        threads: CPU threads, for libraries that read the environment when they are loaded.
        module: the module that the process runs, which exchanges messages as a worker does.

    Raises:
        OSError: the process cannot be started.
    """

    def __init__(self, folder: RunFolder, threads: int, module: str = _WORKER) -> None:
        private_folder(folder.path)
        # -P: a file in the working directory must not stand in for a module of the worker
        command = [sys.executable, "-P", "-m", module]
        self._mark, value = new_mark()
        marked = {MARK: value} if module == _WORKER else {}  # only workers are known to own their mark
        with folder.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**_environment(threads), **marked},
                start_new_session=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout
        os.set_blocking(self._from.fileno(), False)
        self._received = b""
        self.inbox: deque[dict[str, Any]] = deque()
        self.ready = False
        self.ended = False
        self._ended_by_driver = False

    def fileno(self) -> int:
        """Return the descriptor that is readable when the worker has sent a message or ended."""
        return self._from.fileno()

    def alive(self) -> bool:
        """Return whether the process is running."""
        return self._process.poll() is None

    def send(self, kind: str, **values: Any) -> None:
        """Send a message to the worker; if it has died, do nothing, as `read` will notice."""
        with suppress(OSError):
            self._to.write(encode(kind, **values))

    def read(self) -> None:
        """Read the worker's messages into `inbox`; set `ended` if there will be no more.

        A child that the trainer forked may hold the pipe open, so a dead process sets `ended` too.
        """
        dead = not self.alive()
        chunk = self._chunk()
        while chunk:
            self._received += chunk
            chunk = self._chunk()
        self.ended = dead or chunk == b""
        *lines, self._received = self._received.split(b"\n")
        try:
            self.inbox.extend(map(decode, lines))
        except ValueError:
            self.ended = True  # something else wrote to the pipe; nothing after it can be trusted

    def death(self, folder: RunFolder) -> Failure:
        """Return as a failure how the worker ended during the job of `folder`; call `end` first.

        It may pass if a signal ended it, if it did not start, or if it said so by its exit code, EX_TEMPFAIL.
        """
        code = self._process.returncode
        passing = not self.ready or code < 0 or code == os.EX_TEMPFAIL
        return Failure(self._death(folder.log), may_pass=passing and not self._ended_by_driver)

    def _death(self, log: Path) -> str:
        code = self._process.returncode
        if self._ended_by_driver:
            return "worker was ended: the training closed or garbled its pipes to the driver"
        how = f"by signal {-code} ({_signal_name(-code)})" if code < 0 else f"with exit code {code}"
        what = "worker ended" if self.ready else "worker could not start: it ended"
        last = last_line(log)
        return f"{what} {how}" + (f"; its log ends with: {last}" if last else "")

    def whereabouts(self, log: Path) -> str:
        """Return what the worker does at the moment, as far as it can be known, as the end of a sentence."""
        if _stopped(self._process.pid):
            return " (its process is stopped)"
        with suppress(OSError):
            start = log.stat().st_size
            self._process.send_signal(WHERE)
            return _first_frame(log, start)
        return ""

    def finish(self) -> None:
        """Tell the worker that there are no more jobs."""
        self._to.close()

    def terminate(self, number: signal.Signals) -> None:
        """Send signal `number` to the worker and to the processes that it started."""
        self._ended_by_driver |= self.alive()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def wait(self, seconds: float) -> bool:
        """Return whether the process has ended within `seconds`."""
        try:
            self._process.wait(max(seconds, 0.0))
        except subprocess.TimeoutExpired:
            return False
        return True

    def bury(self) -> None:
        """Kill what remains of the process and of all that it started; free its entry and its pipes."""
        self.terminate(signal.SIGKILL)
        self._process.wait()
        end_marked(self._mark)
        self._to.close()
        self._from.close()

    def _chunk(self) -> bytes | None:
        try:
            return os.read(self._from.fileno(), 65_536)
        except BlockingIOError:
            return None


def end(workers: Iterable[WorkerProcess], patience: float) -> None:
    """Wait `patience` seconds for `workers` to end, then send SIGTERM, and after `GRACE` more SIGKILL.

    An interrupt while waiting kills them at once.
    """
    workers = tuple(workers)
    try:
        if not _all_ended(workers, patience):
            for worker in workers:
                worker.terminate(signal.SIGTERM)
            _all_ended(workers, GRACE)
    finally:
        for worker in workers:
            worker.bury()


def last_line(log: Path) -> str:
    """Return the log's line in which Python names a fatal error, else its last line; empty if it has none."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - _TAIL))
            text = stream.read().decode(errors="replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith("Fatal Python error")]
    return (fatal or lines or [""])[-1][:300]


def _stopped(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state in "Tt"


def _first_frame(log: Path, start: int) -> str:
    """Return where the main thread is, from the lines that `WHERE` adds to the log behind `start`."""
    deadline = time.monotonic() + _WRITING
    while time.monotonic() < deadline:
        with log.open("rb") as stream:
            stream.seek(start)
            found = _FRAME.search(stream.read())
        if found:
            path, line, function = (part.decode(errors="replace") for part in found.groups())
            return f" (it is in {function}, line {line} of {Path(path).name})"
        time.sleep(0.01)
    return ""


def _all_ended(workers: Iterable[WorkerProcess], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    return all(worker.wait(deadline - time.monotonic()) for worker in workers)


def _signal_name(number: int) -> str:
    if number == signal.SIGKILL:
        return "killed; out of memory?"
    return (signal.strsignal(number) or "unknown").lower()


def _environment(threads: int) -> dict[str, str]:
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    root = Path(__file__).resolve().parents[2]
    if root.name not in ("site-packages", "dist-packages"):
        paths.append(str(root))  # so that a source checkout can be imported without being installed
    paths += own_function.places()
    # torchrun may have started the driver as one of its ranks; the worker is none of them
    environment = {name: value for name, value in os.environ.items() if name not in (*_RANK, MARK)}
    wait_briefly(environment)
    return {**environment, "OMP_NUM_THREADS": str(threads), "PYTHONPATH": os.pathsep.join(paths)}
