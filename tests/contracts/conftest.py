"""The outside package, built and installed as its author's users would have it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent / "outside_package"


def _pip(*arguments):
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.fixture(scope="session")
def outside_folder(tmp_path_factory):
    """A folder in which the outside package is installed from its wheel; put it on PYTHONPATH."""
    base = tmp_path_factory.mktemp("outside")
    source = shutil.copytree(PACKAGE, base / "source", ignore=shutil.ignore_patterns("__pycache__"))
    _pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", base, source)
    (wheel,) = base.glob("*.whl")
    _pip("install", "--no-deps", "--no-index", "--target", base / "installed", wheel)
    return base / "installed"
