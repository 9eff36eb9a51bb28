"""Drivers that are forked from one process that has loaded everything: a second of a processor less for each.

The process, `python -m harness.forks`, reads one request a line, and answers with the number of the driver's
process. The driver runs under `harness.crash`; when it has ended, its wait status is in the file that the
request names.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[3]
PATHS = [str(ROOT / "tests" / "faults"), str(ROOT)]
LOADED = (
    "alembic.command",
    "optuna.samplers",
    "optuna.storages",
    "paretocaps.cli.app",
    "paretocaps.cli.commands.optimize",
    "paretocaps.cli.study_view",
    "paretocaps.execution.processes",
    "paretocaps.report.front",
    "paretocaps.search.levels",
    "paretocaps.search.study",
    "paretocaps.service.ensembling",
    "paretocaps.storage.store",
    "scipy.stats",
)


class Driver:
    """A process that runs `paretocaps optimize`, with its talk in a file."""

    def __init__(self, pid: int, talk: Path, status: Path) -> None:
        self.pid, self._talk, self._status = pid, talk, status

    @property
    def said(self) -> str:
        return self._talk.read_text()

    @property
    def ended(self) -> bool:
        return self._status.exists()

    def wait(self, seconds: float = 120) -> int:
        """Return the exit code; a negative one is a signal's."""
        deadline = time.monotonic() + seconds
        while not self.ended:
            assert time.monotonic() < deadline, f"it still runs after {seconds} s; it said:\n{self.said}"
            time.sleep(0.01)
        return os.waitstatus_to_exitcode(int(self._status.read_text()))

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self.send(signal.SIGKILL)
        self.wait()


class Forks:
    """The test's end of that process; it is a context manager.

    Args:
        settings: further settings of the environment in which it loads everything.
    """

    def __init__(self, **settings: str) -> None:
        self._settings = settings

    def __enter__(self) -> Self:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([*PATHS, os.environ.get("PYTHONPATH", "")]),
            **self._settings,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harness.forks"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def start(self, words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Driver:
        """Start a driver in `folder` with the words of its command line, and its whole environment."""
        talk = folder / f"talk-{len(list(folder.glob('talk-*')))}"
        talk.touch()
        status = talk.with_name(talk.name.replace("talk", "status"))
        request: dict[str, Any] = {"words": list(words), "environment": dict(environment)}
        request |= {"folder": str(folder), "talk": str(talk), "status": str(status)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return Driver(int(self._process.stdout.readline()), talk, status)


def _serve() -> None:
    for name in LOADED:
        __import__(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those that wait for the drivers are buried by the system
    for line in sys.stdin:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_DFL)  # `nohup make faults` ignores it
            _look_after(json.loads(line))


def _look_after(request: dict[str, Any]) -> None:
    """Fork the driver, and write its status when it has ended."""
    if (pid := os.fork()) == 0:
        _become(request)
    print(pid, flush=True)
    status = os.waitpid(pid, 0)[1]
    draft = Path(request["status"] + "~")
    draft.write_text(str(status))
    draft.rename(request["status"])
    os._exit(0)


def _become(request: dict[str, Any]) -> None:
    from harness import clock, crash

    talk = os.open(request["talk"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, of_it in ((nothing, 0), (talk, 1), (talk, 2)):
        os.dup2(descriptor, of_it)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.path[:0] = os.environ["PYTHONPATH"].split(os.pathsep)
    sys.argv = ["paretocaps", *request["words"]]
    crash.arm()
    clock.arm()
    code = 1
    try:
        crash.main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # not what the process it was forked from would do at its end


if __name__ == "__main__":
    _serve()
