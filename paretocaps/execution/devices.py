"""Which devices a study trains on, found out without importing torch."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from paretocaps.errors import UsageError

_COUNT = "import torch; print(torch.cuda.device_count())"
_DRIVER = Path("/proc/driver/nvidia")
_LONGEST_COUNT = 120.0  # s; importing torch from a cold disk takes its time


def devices(device: str = "auto", workers: int = 1, share: bool = False, ranks: int = 1) -> list[str]:
    """Return the devices to train on, one entry for each job that may run at once.

    Args:
        device: "cpu"; "cuda" for every CUDA device; "cuda:1" for that one; "auto" for every CUDA
            device, or the CPU where there is none.
        workers: how many jobs run at once where they share a device: on the CPU, and with `share` on
            the CUDA devices, over which they are spread evenly. Each CUDA device runs one at least.
        share: whether a CUDA device may run several jobs.
        ranks: processes a job; on CUDA devices each has one of its own, and a job's are one entry with
            commas between them.

    Raises:
        UsageError: a device that is not there or not understood, or fewer than one worker, or fewer CUDA
            devices than ranks.
    """
    if workers < 1:
        raise UsageError(f"workers={workers} is too few: give 1 or more")
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", device):
        raise UsageError(f"device={device!r} is not understood: write auto, cpu, cuda or cuda:0")
    if device == "cpu":
        return ["cpu"] * workers
    found = [f"cuda:{index}" for index in range(cuda_count())]
    if device == "auto":
        return _spread(_together(found, ranks), workers if share else 1) or ["cpu"] * workers
    if not found:
        raise UsageError(f"device={device!r}: torch finds no CUDA device here; use cpu or auto")
    if device != "cuda" and device not in found:
        raise UsageError(f"device={device!r} does not exist: there is {', '.join(found)}")
    named = found if device == "cuda" else [device]
    return _spread(_together(named, ranks), workers if share else 1)


def each_of(places: Iterable[str]) -> list[str]:
    """Return every device that is in `places`, as `devices` returns them, once."""
    return list(dict.fromkeys(name for place in places for name in place.split(",")))


def _together(found: list[str], ranks: int) -> list[str]:
    """As many devices as there are ranks, as one place, and so on."""
    if found and len(found) < ranks:
        raise UsageError(
            f"ranks={ranks} needs a CUDA device each, and there is {', '.join(found)}: use fewer, or cpu"
        )
    return [",".join(found[at : at + ranks]) for at in range(0, len(found) // ranks * ranks, ranks)]


def _spread(found: list[str], jobs: int) -> list[str]:
    return [found[job % len(found)] for job in range(max(jobs, len(found)))] if found else []


def cuda_count() -> int:
    """Return how many CUDA devices torch finds; asked in another process, where a driver hints at one.

    NVML would be quicker, but counts cards that CUDA_VISIBLE_DEVICES hides, and those torch cannot use.
    """
    if not _DRIVER.exists() and shutil.which("nvidia-smi") is None:
        return 0
    try:
        answer = subprocess.run(
            [sys.executable, "-P", "-c", _COUNT], capture_output=True, text=True, timeout=_LONGEST_COUNT
        )
    except subprocess.TimeoutExpired:
        return 0
    return int(answer.stdout) if answer.returncode == 0 and answer.stdout.strip().isdigit() else 0
