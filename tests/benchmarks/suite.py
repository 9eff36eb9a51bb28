"""The group of `measure.py` about the tests themselves."""

import resource
import subprocess
import time
from pathlib import Path

from figures import ROOT, Figure, figure


def suite(folder: Path) -> list[Figure]:
    """Measure the quick check and then all tests, in wall seconds and in processor seconds."""
    check, check_processor = _made("check")
    test, test_processor = _made("test")
    return [
        figure("`make check`", check, "s", "at most 90 s"),
        figure("`make check`: processor time", check_processor, "s", ""),
        figure("`make test`", test, "s", "at most 300 s"),
        figure("`make test`: processor time", test_processor, "s", ""),
    ]


def _made(target: str) -> tuple[float, float]:
    """Run `make TARGET`, which must succeed; return its wall and processor seconds."""
    begin, before = time.perf_counter(), _processor()
    subprocess.run(["make", target], cwd=ROOT, check=True)
    return time.perf_counter() - begin, _processor() - before


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
