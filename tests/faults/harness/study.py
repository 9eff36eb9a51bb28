"""A study of the trainer `known`, run by the real command line in processes of their own."""

import json
import os
import secrets
import shutil
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.database import rows
from harness.forks import PATHS, Driver, Forks

from paretocaps.testing.plugin import write_plugin

MARK = "FAULTS_MARK"
"""The environment variable by which the processes of one study are found, whoever their parent is."""

SHORT: dict[str, str] = {}
"""Settings that shorten the waits of the processes under test."""


class Study:
    """One study in a folder of its own.

    Args:
        forks: starts its drivers.
        folder: an empty folder; all that the study leaves is in it.
        storage: path of its database in the folder, or URL of a server.
        trials, epochs, objectives: as on the command line.
        seconds: what an epoch takes.
        options: further words of the command line.
        environment: further settings of its processes.
        gated: whether its epochs wait until the file `gate` is made.
    """

    def __init__(
        self,
        forks: Forks,
        folder: Path,
        storage: str = "s.db",
        *,
        trials: int = 3,
        epochs: int = 2,
        seconds: float = 0.0,
        objectives: str = "acc,params",
        options: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        gated: bool = False,
    ) -> None:
        self.forks, self.folder, self.options = forks, folder, list(options)
        self.trials, self.epochs = trials, epochs
        self.storage = storage if "://" in storage else str(folder / storage)
        self.objectives = objectives.split(",")
        self.mark = secrets.token_hex(8)
        self.log, self.gate, self.temporary = folder / "log", folder / "gate", folder / "temporary"
        self.host = Path("/tmp", f"paretocaps-{os.getuid()}", self.mark)
        self.temporary.mkdir(parents=True)
        entries = {"paretocaps.trainers": {"known": "harness.known_spec:SPEC"}}
        plugin = write_plugin(folder / "plugin", "known-trainer", entries)
        paths = [str(plugin), *PATHS, os.environ.get("PYTHONPATH", "")]
        self.environment = {
            **os.environ,
            **SHORT,
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "TMPDIR": str(self.temporary),
            "PARETOCAPS_HOST": self.mark,
            "KNOWN_SECONDS": str(seconds),
            "KNOWN_LOG": str(self.log),
            MARK: self.mark,
            **({"KNOWN_GATE": str(self.gate)} if gated else {}),
            **(environment or {}),
        }
        self.drivers: list[Driver] = []

    @property
    def artifacts(self) -> Path:
        return Path(self.storage).with_suffix("").with_name(f"{Path(self.storage).stem}-artifacts")

    def command(self, *options: str) -> list[str]:
        """The words of its command line."""
        words = {
            "--study": "s",
            "--storage": self.storage,
            "--trainer": "known",
            "--trials": str(self.trials),
            "--epochs": str(self.epochs),
            "--objectives": ",".join(self.objectives),
            "--sampler": "random",
        }
        given = [word for pair in words.items() for word in pair]
        return ["optimize", *given, "--no-designs", "--plain", *self.options, *options]

    def start(self, *options: str, **changes: str) -> Driver:
        """Start a driver, with further words of its command line and settings of its environment."""
        driver = self.forks.start(self.command(*options), self.folder, {**self.environment, **changes})
        self.drivers.append(driver)
        return driver

    def complete(self, *options: str, seconds: float = 120, **changes: str) -> Driver:
        """Run the study to its end."""
        driver = self.start(*options, **changes)
        assert driver.wait(seconds) == 0, driver.said
        return driver

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return rows(self.storage, query, *values)

    def until(self, condition: str | Callable[[], Any], seconds: float = 60) -> Any:
        """Wait until a query has rows, or a function a result, and return these."""
        deadline = time.monotonic() + seconds
        while not (found := self.rows(condition) if isinstance(condition, str) else condition()):
            said = [driver.said for driver in self.drivers]
            assert time.monotonic() < deadline, f"it did not happen: {condition}; the drivers said: {said}"
            time.sleep(0.02)
        return found

    def work(self) -> list[tuple[int, int, int, int, str, int]]:
        """What was trained, in order: trial, seed, attempt, epoch, `begun` or `trained`, process."""
        return (
            [tuple(json.loads(line)) for line in self.log.read_text().splitlines()]
            if self.log.exists()
            else []
        )

    def processes(self, among: Sequence[int] | None = None) -> dict[int, str]:
        """The living processes that its drivers started, and theirs, by number: their command lines."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*") if among is None else (Path(f"/proc/{n}") for n in among):
            with suppress(OSError):
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                if state not in "ZX" and f"{MARK}={self.mark}".encode() in (folder / "environ").read_bytes():
                    line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    found[int(folder.name)] = line
        return found

    def workers(self) -> list[int]:
        """The numbers of its workers."""
        return [pid for pid, line in self.processes().items() if "paretocaps.execution.worker" in line]

    def end(self) -> None:
        """Kill whatever is left of it."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for driver in self.drivers:
            if not driver.ended:
                driver.kill()
        shutil.rmtree(self.host, ignore_errors=True)
