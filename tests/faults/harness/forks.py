"""Drivers that are forked from one process that has loaded everything: a second less each than started ones.

The process, `python -m harness.forks`, reads one request a line and answers with the wait status of the driver,
which runs under `harness.crash`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Self

from harness.study import Study

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


class Forks:
    """The test's end of that process; it is a context manager."""

    def __enter__(self) -> Self:
        root = Path(__file__).resolve().parents[3]
        paths = [str(root / "tests" / "faults"), str(root), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harness.forks"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def run(self, study: Study, *options: str, **changes: str) -> tuple[int, str]:
        """Run a driver of `study` to its end; return its exit code (a negative one is a signal's) and talk."""
        talk = study.folder / f"talk-{len(list(study.folder.glob('talk-*')))}"
        request = {
            "arguments": study.command(*options),
            "environment": {**study.environment, **changes},
            "folder": str(study.folder),
            "talk": str(talk),
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        status = int(self.process.stdout.readline())
        return os.waitstatus_to_exitcode(status), talk.read_text()


def _serve() -> None:
    for name in LOADED:
        __import__(name)
    from harness import crash

    for line in sys.stdin:
        if (pid := os.fork()) == 0:
            _become(json.loads(line))
            crash.arm()
            crash.main()
            os._exit(99)
        print(os.waitpid(pid, 0)[1], flush=True)


def _become(request) -> None:
    talk = os.open(request["talk"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, of_it in ((nothing, 0), (talk, 1), (talk, 2)):
        os.dup2(descriptor, of_it)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.path[:0] = os.environ["PYTHONPATH"].split(os.pathsep)
    sys.argv = ["paretocaps", *request["arguments"]]


if __name__ == "__main__":
    _serve()
