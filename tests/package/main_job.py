"""The main job, as a user does it from any folder: search on the digits, front, report, export, dashboard.

`python tests/package/main_job.py` does it with the Python that runs it: `make lowest` and `make newest` do so
in environments with the lowest and the newest versions that pyproject.toml allows.
"""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from socket import socket
from time import monotonic, sleep

PATIENCE = 120.0
"""Seconds within which a server answers."""


def main_job(python: Path, folder: Path) -> None:
    """Do the main job with the package of an environment; what fails raises with what it said.

    Args:
        python: the environment's Python.
        folder: an empty folder to work in.
    """
    sizes = ("--trials", "2", "--epochs", "1", "--require", "acc>=0", "--plain")
    said(python, folder, "optimize", "--spec", "paretocaps:quickstart", *sizes)
    front = json.loads(said(python, folder, "front", "demo", "--format", "json"))
    assert front["members"], front
    said(python, folder, "report", "demo")
    assert (folder / "reports" / "demo.html").stat().st_size > 1_000_000
    trial = ("--study", "demo", "--best", "acc")
    said(python, folder, "export", *trial, "--output", "export", "--no-onnx")
    said(python, folder, "recommend", "demo")
    assert "paretocaps:fastrcaps_mnist" in said(python, folder, "specs")
    port = free_port()
    with started(python, folder, "dashboard", "--port", str(port)):
        assert answer(port, "/") < 400


def with_extras(python: Path, folder: Path) -> None:
    """Go on in the folder of the main job with what the extras `onnx` and `serve` bring."""
    said(python, folder, "export", "--study", "demo", "--best", "acc", "--output", "graph")
    picture = "from PIL import Image; Image.new('L', (8, 8)).save('one.png')"
    subprocess.run([python, "-c", picture], cwd=folder, env=_environment(), check=True)
    words = ("predict", "graph", "one.png", "--engine", "onnx", "--format", "json")
    assert len(json.loads(said(python, folder, *words))) == 1
    port = free_port()
    with started(python, folder, "serve", "--port", str(port)):
        assert answer(port, "/healthz") == 200


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def started(python: Path, folder: Path, *words: str) -> "_Server":
    """Return a context in which a command of the environment's package runs."""
    return _Server([str(python), "-P", "-m", "paretocaps", *words], folder)


def answer(port: int, path: str) -> int:
    """Return the status with which a server that may still be starting answers."""
    begin = monotonic()
    while True:
        try:
            with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
                connection.request("GET", path)
                with connection.getresponse() as response:
                    return response.status
        except OSError:
            if monotonic() - begin > PATIENCE:
                raise
            sleep(0.2)


class _Server:
    def __init__(self, command: list[str], folder: Path) -> None:
        self._command, self._folder = command, folder

    def __enter__(self) -> None:
        self._process = subprocess.Popen(self._command, cwd=self._folder, env=_environment())

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


def said(python: Path, folder: Path, *words: str) -> str:
    """Return what a command writes to stdout; it must end well."""
    command = [str(python), "-P", "-m", "paretocaps", *words]
    done = subprocess.run(
        command, cwd=folder, env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise AssertionError(f"paretocaps {' '.join(words)}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def _environment() -> dict[str, str]:
    """Return this process's environment without what would bring other packages along."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "HF_HUB_OFFLINE": "1", "PARETOCAPS_TUNE": "off"}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        main_job(Path(sys.executable), Path(name))
        with_extras(Path(sys.executable), Path(name))
    print(f"the main job is done by {sys.executable}")
