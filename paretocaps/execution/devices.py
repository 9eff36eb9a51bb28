"""Which devices a study trains on, found out without importing torch."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from paretocaps.errors import UsageError

_COUNT = "import torch; print(torch.cuda.device_count())"
_DRIVER = Path("/proc/driver/nvidia")
_LONGEST_COUNT = 120.0  # s; importing torch from a cold disk takes its time


def devices(device: str = "auto", workers: int = 1, share: bool = False) -> list[str]:
    """Return the devices to train on, one entry for each job that may run at once.

    Args:
        device: "cpu"; "cuda" for every CUDA device; "cuda:1" for that one; "auto" for every CUDA
            device, or the CPU where there is none.
        workers: how many jobs run at once where they share a device: on the CPU, and with `share` on
            the CUDA devices, over which they are spread in turn. Each CUDA device runs one at least.
        share: whether a CUDA device may run several jobs.

    Raises:
        UsageError: a device that is not there or not understood, or fewer than one worker.
    """
    if workers < 1:
        raise UsageError(f"workers={workers} is too few: give 1 or more")
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", device):
        raise UsageError(f"device={device!r} is not understood: write auto, cpu, cuda or cuda:0")
    if device == "cpu":
        return ["cpu"] * workers
    found = [f"cuda:{index}" for index in range(cuda_count())]
    if device == "auto":
        return _spread(found, workers if share else 1) or ["cpu"] * workers
    if not found:
        raise UsageError(f"device={device!r}: torch finds no CUDA device here; use cpu or auto")
    if device != "cuda" and device not in found:
        raise UsageError(f"device={device!r} does not exist: there is {', '.join(found)}")
    return _spread(found if device == "cuda" else [device], workers if share else 1)


def _spread(found: list[str], jobs: int) -> list[str]:
    return [found[job % len(found)] for job in range(max(jobs, len(found)))] if found else []


def cuda_count() -> int:
    """Return how many CUDA devices torch finds; asked in another process, where a driver hints at one."""
    if not _DRIVER.exists() and shutil.which("nvidia-smi") is None:
        return 0
    try:
        answer = subprocess.run(
            [sys.executable, "-P", "-c", _COUNT], capture_output=True, text=True, timeout=_LONGEST_COUNT
        )
    except subprocess.TimeoutExpired:
        return 0
    return int(answer.stdout) if answer.returncode == 0 and answer.stdout.strip().isdigit() else 0
