"""The group of `measure.py` about a service that trains a study while clients watch it and read its front."""

import asyncio
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from figures import Figure, figure

CLIENTS = 50
READING = 60.0  # s of reads behind the answer times
WINDOWS, WINDOW = 10, 30.0  # windows without and with clients in turn, s each
SETTLING, LOADED = 60.0, 600.0  # s of load before memory is looked at first, and between the two looks
EVERY = 1.0  # s between two reads of one client
STUDY = {
    "study": "served",
    "dataset": "digits",
    "objectives": "acc,params",
    "designs": ["baseline"],
    "trials": 1,
    "repeats": 500,
    "epochs": 20,
    "threads": 1,
    "workers": 1,
}
"""One network, trained again and again, so that its steps compare with each other."""


def serving(folder: Path) -> list[Figure]:
    """Measure answers, events, step times and memory of a service under load."""
    with Served(folder) as served:
        served.submit(STUDY)
        served.wait_for_epochs(3)
        return [*_step_times(served), *_answers(served), *_memory(served)]


@dataclass
class Heard:
    """What the clients of a load heard: seconds of every read, and the numbers of events by client."""

    seconds: list[float] = field(default_factory=list)
    numbers: list[list[int]] = field(default_factory=list)
    failed: int = 0


class Served:
    """A service in a process of its own, on an empty folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        command = [sys.executable, "-m", "paretocaps", "serve", "--port", "0"]
        self._process = subprocess.Popen(
            command, cwd=folder, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self._process.stderr is not None
        while "service at " not in (line := self._process.stderr.readline()):
            assert line, "the service ended"
        self.url = line.split("service at ")[1].split()[0]
        self.port = int(self.url.rstrip("/").rpartition(":")[2])
        self._log = subprocess.Popen(["cat"], stdin=self._process.stderr, stdout=subprocess.DEVNULL)

    def submit(self, options: dict[str, Any]) -> None:
        """Submit a study."""
        token = (self._folder / "studies" / "service" / "token").read_text().strip()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        body = json.dumps(options).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.url}api/v1/studies", body, headers)).close()

    def events(self) -> list[dict[str, Any]]:
        """Return the events of the study so far."""
        with urllib.request.urlopen(f"{self.url}api/v1/studies/served/events?follow=false") as answer:
            return [json.loads(line[6:]) for line in answer if line.startswith(b"data: ")]

    def wait_for_epochs(self, count: int) -> None:
        """Wait until the study has trained so many epochs."""
        while sum(one["kind"] == "epoch" for one in self.events()) < count:
            time.sleep(1.0)

    @property
    def resident(self) -> int:
        """The bytes of memory of its process."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return 1024 * int(status.split("VmRSS:")[1].split()[0])

    def load(self, seconds: float) -> Heard:
        """Let the clients watch and read for so long, and return what they heard."""
        return asyncio.run(_load(self.port, seconds))

    def __enter__(self) -> "Served":
        return self

    def __exit__(self, *_: object) -> None:
        for one in _session(self._process.pid):  # the process of the study, too, has a session of its own
            os.kill(one, signal.SIGTERM)
        self._process.wait(60)
        self._log.wait(60)


def _session(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [*(one for child in children for one in _session(int(child))), pid]


async def _load(port: int, seconds: float) -> Heard:
    heard, end = Heard(), time.monotonic() + seconds
    await asyncio.gather(*(_client(port, end, heard) for _ in range(CLIENTS)))
    return heard


async def _client(port: int, end: float, heard: Heard) -> None:
    numbers: list[int] = []
    heard.numbers.append(numbers)
    watching = asyncio.create_task(_watch(port, numbers))
    await asyncio.sleep(random.random() * EVERY)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.monotonic() < end:
        began = time.perf_counter()
        _ask(writer, "/api/v1/studies/served/front")
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await reader.readexactly(int(head.split("content-length: ")[1].split("\r\n")[0]))
        heard.seconds.append(time.perf_counter() - began)
        heard.failed += " 200 " not in head.splitlines()[0]
        await asyncio.sleep(EVERY)
    writer.close()
    watching.cancel()


async def _watch(port: int, numbers: list[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    _ask(writer, "/api/v1/studies/served/events")
    while line := await reader.readline():
        if line.startswith(b"id: "):
            numbers.append(int(line[4:]))


def _ask(writer: asyncio.StreamWriter, path: str) -> None:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())


def _step_times(served: Served) -> list[Figure]:
    """Compare the seconds of epochs in windows with clients and without."""
    spans: list[tuple[float, float, bool]] = []
    for index in range(WINDOWS):
        began, loaded = time.time(), index % 2 == 1
        if loaded:
            served.load(WINDOW)
        else:
            time.sleep(WINDOW)
        spans.append((began, time.time(), loaded))
    epochs = _epochs(served.events())
    own = [[s for at, s in epochs if began <= at - s and at <= ended] for began, ended, _ in spans]
    with_clients = [s for (_, _, loaded), some in zip(spans, own, strict=True) if loaded for s in some]
    without = [s for (_, _, loaded), some in zip(spans, own, strict=True) if not loaded for s in some]
    ratio = statistics.median(with_clients) / statistics.median(without)
    low, high = _interval(with_clients, without)
    what = f"a study's epochs with {CLIENTS} clients over those without, {WINDOWS} windows of {WINDOW:.0f} s"
    found = figure(what, ratio, "", "at most 1.1")
    return [found | {"low": low, "high": high, "n": len(with_clients) + len(without)}]


def _epochs(events: Sequence[dict[str, Any]]) -> list[tuple[float, float]]:
    """Return when each epoch but the first of a training ended, and its training seconds."""
    from datetime import datetime

    found, before = [], {}
    for event in events:
        if event["kind"] == "epoch":
            told = event["payload"]
            key = told["trial"], told["seed"], told["attempt"]
            if key in before:
                found.append((datetime.fromisoformat(event["at"]).timestamp(), told["time"] - before[key]))
            before[key] = told["time"]
    return found


def _interval(some: Sequence[float], others: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % interval of the ratio of two medians, by a bootstrap."""
    rng = random.Random(0)
    ratios = sorted(
        statistics.median(rng.choices(some, k=len(some)))
        / statistics.median(rng.choices(others, k=len(others)))
        for _ in range(2000)
    )
    return ratios[50], ratios[1949]


def _answers(served: Served) -> list[Figure]:
    heard = served.load(READING)
    last = len(served.events())
    lost = sum(max(one, default=0) - len(set(one)) for one in heard.numbers)
    doubled = sum(len(one) - len(set(one)) for one in heard.numbers)
    behind = sum(last - max(one, default=0) > 100 for one in heard.numbers)
    p95 = 1000 * sorted(heard.seconds)[int(0.95 * len(heard.seconds))]
    what = f"{CLIENTS} clients that watch and read fronts for {READING:.0f} s while a study trains"
    found = figure(f"{what}: 95 % of the answers within", p95, "ms", "at most 200")
    return [
        found | {"n": len(heard.seconds), "min": 1000 * min(heard.seconds), "max": 1000 * max(heard.seconds)},
        figure(f"{what}: refused", heard.failed, "", "at most 0"),
        figure(f"{what}: events lost", lost, "", "at most 0"),
        figure(f"{what}: events told twice", doubled, "", "at most 0"),
        figure(f"{what}: clients that were left behind", behind, "", "at most 0"),
    ]


def _memory(served: Served) -> list[Figure]:
    served.load(SETTLING)
    before = served.resident
    served.load(LOADED)
    grown = 100 * (served.resident / before - 1)
    what = f"memory of the service over {LOADED / 60:.0f} min of {CLIENTS} clients"
    return [figure(f"{what}: growth", grown, "%", "at most 5") | {"bytes": served.resident}]
