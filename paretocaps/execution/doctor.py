"""Checks whether this machine can train: the packages' versions, and the device that torch trains on."""

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from typing import Any

from paretocaps.training.taken_time import read_counters

_PACKAGES = ("torch", "optuna", "pymoo", "sqlalchemy", "optuna-dashboard", "pandas", "plotly")
_ASK = (
    "import json; from paretocaps.training.told_device import told_device; print(json.dumps(told_device()))"
)
_OURS = "paretocaps.errors.UsageError: "  # before a message that is for users


def check_machine() -> list[dict[str, Any]]:
    """Return one row per check (check, result, ok): Python, packages, processors, training device and tuning.

    torch is imported in another process, as trainings do: a broken build is a failed check, not a crash.
    """
    python = {"check": "python", "result": platform.python_version(), "ok": sys.version_info >= (3, 11)}
    cores = {"check": "processors", "result": f"{os.cpu_count()} cores", "ok": True}
    return [python, *(_package(name) for name in _PACKAGES), cores, _clock(), *_training_device()]


def _clock() -> dict[str, Any]:
    told = "the kernel counts waiting threads and stolen time"
    untold = "the kernel does not count waiting threads: the CPU seconds of a training's thread tell instead"
    return {"check": "clock", "result": untold if read_counters() is None else told, "ok": True}


def _package(name: str) -> dict[str, Any]:
    try:
        return {"check": name, "result": importlib.metadata.version(name), "ok": True}
    except importlib.metadata.PackageNotFoundError:
        return {"check": name, "result": "not installed: install paretocaps again", "ok": False}


def _training_device() -> list[dict[str, Any]]:
    answer = subprocess.run([sys.executable, "-P", "-c", _ASK], capture_output=True, text=True)
    if answer.returncode == 0:
        told = json.loads(answer.stdout)
        return [{"check": check, "result": result, "ok": True} for check, result in told.items()]
    lines = answer.stderr.strip().splitlines()
    why = lines[-1].removeprefix(_OURS) if lines else ""
    return [{"check": "training device", "result": why, "ok": False}]
