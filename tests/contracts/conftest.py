"""The outside packages, built and installed as their authors' users would have them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def _pip(*arguments):
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def _installed(package, base):
    """A folder in which the package called `package` is installed from its wheel."""
    source = shutil.copytree(HERE / package, base / "source", ignore=shutil.ignore_patterns("__pycache__"))
    _pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", base, source)
    (wheel,) = base.glob("*.whl")
    _pip("install", "--no-deps", "--no-index", "--target", base / "installed", wheel)
    return base / "installed"


@pytest.fixture(scope="session")
def outside_folder(tmp_path_factory):
    """A folder with a trainer of another package; put it on PYTHONPATH."""
    return _installed("outside_package", tmp_path_factory.mktemp("outside"))


@pytest.fixture(scope="session")
def parts_folder(tmp_path_factory):
    """A folder with parts of networks of another package; put it on PYTHONPATH."""
    return _installed("outside_parts", tmp_path_factory.mktemp("parts"))


@pytest.fixture(scope="session")
def run_command():
    """Run `paretocaps` in a folder with another package on PYTHONPATH, and expect an exit code."""

    def run(where, package, *arguments, code=0):
        result = subprocess.run(
            [sys.executable, "-m", "paretocaps", *map(str, arguments)],
            cwd=where,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")]),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == code, result.stderr
        return result

    return run
