"""Ends the processes that a worker has started, in whatever session, by a mark in their environment.

A process inherits the environment of the one that started it, so that a mark finds all descendants of a
worker, also where those in between have ended. It is read from /proc; without that nothing is found. A
process that was started with an empty environment is not found either.
"""

import os
import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

MARK = "PARETOCAPS_WORKER"
"""The environment variable with the mark of a worker, after those of the workers that it descends from."""

_ENTRY = f"{MARK}=".encode()
_PROCESSES = Path("/proc")
_WORKER = b"paretocaps.execution.worker"
_ROUNDS, _PAUSE = 50, 0.01  # a process that forks meanwhile is found in the next round


class _Process(NamedTuple):
    pid: int
    marks: tuple[str, ...]
    is_worker: bool


def new_mark() -> tuple[str, str]:
    """Return the mark of a new worker, and the value of `MARK` in its environment."""
    mark = secrets.token_hex(8)
    return mark, ".".join(filter(None, (os.environ.get(MARK), mark)))


def own_mark() -> str:
    """Return the mark of the worker that this process is, or that started it; empty where there is none."""
    return os.environ.get(MARK, "").rpartition(".")[2]


def end_marked(mark: str) -> None:
    """Kill every process with `mark` but this one; an empty mark is nobody's."""
    for _ in range(_ROUNDS):
        found = [process for process in _processes() if mark and mark in process.marks]
        if not found:
            return
        _kill(found)
        time.sleep(_PAUSE)


def end_worker(pid: int) -> None:
    """Kill a worker, whoever started it, and what it has started; any other process is left alone."""
    for process in _processes():
        if process.pid == pid and process.is_worker:
            end_marked(process.marks[-1])


def workers_of(driver: int) -> list[int]:
    """Return the workers that the process `driver`, which lives, has started."""
    return [one.pid for one in _processes() if one.is_worker and _parent(one.pid) == driver]


def end_left_behind() -> None:
    """Kill what workers started that have ended, where nobody could do it when they ended."""
    found = list(_processes())
    alive = {process.marks[-1] for process in found if process.is_worker}
    _kill([process for process in found if not alive.issuperset(process.marks)])


def _kill(processes: list[_Process]) -> None:
    for process in processes:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process.pid, signal.SIGKILL)


def _parent(pid: int) -> int:
    with suppress(OSError, IndexError, ValueError):  # it has ended
        return int((_PROCESSES / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    return 0


def _processes() -> Iterator[_Process]:
    """Return this user's living processes with a mark, but for this one."""
    for folder in _PROCESSES.glob("[0-9]*"):
        if (pid := int(folder.name)) == os.getpid():
            continue
        with suppress(OSError):  # it has ended, or is somebody else's
            for entry in (folder / "environ").read_bytes().split(b"\0"):
                if entry.startswith(_ENTRY):
                    marks = entry.removeprefix(_ENTRY).decode(errors="replace").split(".")
                    command = (folder / "cmdline").read_bytes().split(b"\0")
                    yield _Process(pid, tuple(marks), _WORKER in command)
