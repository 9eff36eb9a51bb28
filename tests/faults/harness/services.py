"""Services that are started as users start them, with a trainer that sleeps, and what must hold then."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from paretocaps.storage.store import Store

STUDY = {"trainer": "slow", "sampler": "random", "objectives": "acc,params", "epochs": 2, "require": []}
"""A study of the trainer that sleeps: its trainings cost no processor."""


class Service:
    """`paretocaps serve` on a database, which is started and killed.

    Args:
        folder: where its log and its service folder are.
        storage: the storage URL.
        log: the file that gets a line for each epoch that is trained.
        host: the name of a machine of its own, with what its processes share; None for this one.
    """

    def __init__(self, folder: Path, storage: str, log: Path, host: str | None = None) -> None:
        self.storage, self.log, self._folder = storage, log, folder
        self._own = {} if host is None else {"PARETOCAPS_HOST": host, "PARETOCAPS_HOST_FOLDER": str(folder)}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        """Start it; `options` are further ones of the command."""
        self._folder.mkdir(exist_ok=True)
        where = ["--storage", self.storage, "--folder", str(self._folder / "service"), "--port", "0"]
        with self._said.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "paretocaps", "serve", *where, "--parallel", "2", *options],
                stdout=output,
                stderr=output,
                cwd=self._folder,
                env=os.environ | self._own,
            )

    def end(self, number: int = signal.SIGTERM) -> None:
        """Send it a signal, if it runs, and wait until it has ended."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(60)
        self._process = None

    def until(self, condition: Callable[[], object], seconds: float = 300) -> None:
        """Wait until a condition holds."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self._said.read_text()
            time.sleep(0.1)

    def ask(self, path: str) -> Any:
        """Return what it answers at a path of its API, as whoever is on its machine sees it."""
        self.until(self._addresses)
        with urllib.request.urlopen(f"{self._addresses()[-1]}api/v1/{path}", timeout=60) as answer:
            return json.load(answer)

    def _addresses(self) -> list[str]:
        return re.findall(r"service at (\S+)", self._said.read_text())

    @property
    def _said(self) -> Path:
        return self._folder / "serve.log"


def states(store: Store) -> Counter[str]:
    """Return how many submissions have each state."""
    return Counter(one.state for one in store.submissions())


def check(store: Store, study: str, trials: int, log: Path) -> None:
    """Check that a study ended right: all trials once, and all events once, in order, without a gap."""
    found = store.trials(study)
    assert [trial.state for trial in found] == ["finished"] * trials
    assert len({str(trial.choices) for trial in found}) == trials
    events = store.events(study, limit=100_000)
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    told = [event.payload for event in events if event.kind == "trial"]
    finished = Counter(one["trial"] for one in told if one["state"] == "finished")
    assert finished == {trial.number: 1 for trial in found}
    epochs = Counter(
        (one["trial"], one["attempt"], one["epoch"])
        for one in (event.payload for event in events if event.kind == "epoch")
    )
    assert set(epochs.values()) == {1}
    for trial in found:
        (attempt,) = [one for one in trial.attempts if one.measurement is not None]
        assert {(trial.number, attempt.key.attempt, epoch) for epoch in (1, 2)} <= set(epochs)
    assert not any(
        line.split()[0] == study for line, n in Counter(log.read_text().splitlines()).items() if n > 1
    )
    assert not store.standing(study).drivers
