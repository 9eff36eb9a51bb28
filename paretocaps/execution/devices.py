"""Finds the devices that a study trains on, without importing torch."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from paretocaps.errors import UsageError

_COUNT = "import torch; print(torch.cuda.device_count())"
_DRIVER = Path("/proc/driver/nvidia")
_LONGEST_ANSWER = 10.0  # s
_LONGEST_COUNT = 120.0  # s; importing torch from a cold disk is slow


def devices(device: str = "auto", workers: int = 1, share: bool = False, ranks: int = 1) -> list[str]:
    """Return the devices to train on, one entry per job that may run at once.

    Args:
        device: "cpu"; "cuda" for every CUDA device; "cuda:1" for that one, "cuda:0,cuda:2" for these;
            "auto" for every CUDA device, or the CPU if there is none.
        workers: how many jobs may run at once on the CPU or, with `share`, on the CUDA devices, over which
            they are spread evenly. Each CUDA device runs at least one job.
        share: whether a CUDA device may run several jobs.
        ranks: processes per job. On CUDA, each needs a device of its own, and the devices of one job are
            one entry, separated by commas.

    Raises:
        UsageError: a device does not exist, is named twice or is not understood, `workers` is below 1, or
            there are fewer CUDA devices than ranks.
    """
    if workers < 1:
        raise UsageError(f"workers={workers} is too few: give 1 or more")
    if not re.fullmatch(r"auto|cpu|cuda|cuda:\d+(,cuda:\d+)*", device):
        raise UsageError(
            f"device={device!r} is not understood: write auto, cpu, cuda, cuda:0 or a list, cuda:0,cuda:2"
        )
    if device == "cpu":
        return ["cpu"] * workers
    found = [f"cuda:{index}" for index in range(cuda_count())]
    if device == "auto":
        return _spread(_together(found, ranks), workers if share else 1) or ["cpu"] * workers
    if not found:
        raise UsageError(f"device={device!r}: torch finds no CUDA device here; use cpu or auto")
    named = found if device == "cuda" else device.split(",")
    for name in named:
        if name not in found:
            raise UsageError(f"device={name!r} does not exist: choose from {', '.join(found)}")
        if named.count(name) > 1:
            raise UsageError(f"device={device!r} names {name} twice: name each device once")
    return _spread(_together(named, ranks), workers if share else 1)


def each_of(places: Iterable[str]) -> list[str]:
    """Return each device that occurs in `places`, the result of `devices`, once."""
    return list(dict.fromkeys(name for place in places for name in place.split(",")))


def _together(found: list[str], ranks: int) -> list[str]:
    """Return the devices in groups of `ranks`, each group as one entry; devices left over are not used."""
    if found and len(found) < ranks:
        raise UsageError(
            f"ranks={ranks}: each rank needs a CUDA device, and there is only {', '.join(found)}: use fewer"
            " ranks, or cpu"
        )
    return [",".join(found[at : at + ranks]) for at in range(0, len(found) // ranks * ranks, ranks)]


def _spread(found: list[str], jobs: int) -> list[str]:
    return [found[job % len(found)] for job in range(max(jobs, len(found)))] if found else []


def physical_name(device: str) -> str:
    """Return a name of `device` that all processes of the machine have for it, as a file name.

    CUDA_VISIBLE_DEVICES may give one card different numbers in two processes, so a card has its UUID where
    the NVIDIA driver tells it.
    """
    kind, _, number = device.partition(":")
    if kind != "cuda":
        return device
    index = int(number or 0)
    visible = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    name = visible[index] if index < len(visible) else str(index)
    uuid = next((uuid for at, uuid, _ in _cards() if name == at or uuid.startswith(name)), name)
    return re.sub(r"[^A-Za-z0-9-]", "_", f"{kind}-{uuid}")


def gpu_names() -> frozenset[str]:
    """Return the names of this machine's NVIDIA cards, as torch names them; none where nobody tells them."""
    return frozenset(name for _, _, name in _cards() if name)


@lru_cache(maxsize=1)
def _cards() -> list[tuple[str, str, str]]:
    """Return number, UUID and name of each NVIDIA card."""
    command = ["nvidia-smi", "--query-gpu=index,uuid,name", "--format=csv,noheader"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_ANSWER)
    except (OSError, subprocess.TimeoutExpired):
        return []
    found = [[part.strip() for part in f"{line},,".split(",")] for line in answer.stdout.splitlines()]
    return [(number, uuid, name) for number, uuid, name, *_ in found if uuid]


def cuda_count() -> int:
    """Return how many CUDA devices torch finds; without an NVIDIA driver there are none.

    A process of its own imports torch and counts. NVML would be quicker, but it also counts the cards that
    CUDA_VISIBLE_DEVICES hides and those that torch cannot use.
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
