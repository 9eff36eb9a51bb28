"""The group of `measure.py` about the tests themselves."""

import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from figures import ROOT, Figure, figure

_TESTS = (sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal")


def suite(folder: Path) -> list[Figure]:
    """Measure the quick check and then the other tests, in wall seconds and in processor seconds."""
    check, check_processor = _run(["make", "check"])
    slow, slow_processor = _run([*_TESTS, "-m", "slow and not postgres and not faults"])
    return [
        figure("`make check`", check, "s", "at most 90 s"),
        figure("`make check`: processor time", check_processor, "s", ""),
        figure("`make check` and the tests marked slow", check + slow, "s", "at most 300 s"),
        figure("the tests marked slow: processor time", slow_processor, "s", ""),
    ]


def _run(command: Sequence[str]) -> tuple[float, float]:
    """Run a command, which must succeed; return its wall and processor seconds."""
    begin, before = time.perf_counter(), _processor()
    subprocess.run(command, cwd=ROOT, check=True)
    return time.perf_counter() - begin, _processor() - before


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
