"""What the groups of `measure.py` share: making figures, running commands, running separate processes."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MNIST = ROOT.parent / "shared" / "data" / "mnist"
FASHION = ROOT.parent / "shared" / "data" / "fashion-mnist"
CIFAR = ROOT.parent / "shared" / "data" / "cifar10-jpeg"
Figure = dict[str, object]


def figure(name: str, values: float | Sequence[float], unit: str, target: str) -> Figure:
    """Return one figure: the median of its runs, their number and their spread."""
    runs = list(values) if isinstance(values, Sequence) else [values]
    return {
        "figure": name,
        "median": statistics.median(runs),
        "min": min(runs),
        "max": max(runs),
        "n": len(runs),
        "unit": unit,
        "target": target,
    }


def timed(command: Sequence[str], folder: Path) -> tuple[float, str]:
    """Run `python -m paretocaps COMMAND` in `folder`; return its wall seconds and stdout."""
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "paretocaps", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - begin
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    return seconds, done.stdout


def own_process(module: str, code: str) -> str:
    """Return what a line of Python prints in a separate process; it may use `json` and `module`."""
    done = subprocess.run(
        [sys.executable, "-c", f"import json, {module}; {code}"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=environment(),
    )
    return done.stdout


def peak_memory() -> int:
    """Return the most bytes of memory that this process had; getrusage has those of its parent in it."""
    return 1024 * int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])


def environment() -> dict[str, str]:
    """Return the environment of a process that imports the modules of this folder."""
    path = [str(Path(__file__).parent), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
