"""The outside packages, built and installed as their authors' users would have them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from paretocaps.cli.app import app
from paretocaps.lock_file import locked
from paretocaps.testing.plugin import plug_in

HERE = Path(__file__).parent


def _pip(*arguments):
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def _installed(package, factory):
    """A folder in which the package called `package` is installed from its wheel, once for all processes."""
    base = factory.getbasetemp()
    base = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / package
    with locked(base.with_suffix(".lock"), patience=120.0):
        if not (base / "installed").exists():
            _install(package, base)
    return base / "installed"


def _install(package, base):
    source = shutil.copytree(HERE / package, base / "source", ignore=shutil.ignore_patterns("__pycache__"))
    _pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", base, source)
    (wheel,) = base.glob("*.whl")
    _pip("install", "--no-deps", "--no-index", "--target", base / "installed", wheel)


@pytest.fixture(scope="session")
def outside_folder(tmp_path_factory):
    """A folder with a trainer of another package; put it on PYTHONPATH."""
    return _installed("outside_package", tmp_path_factory)


@pytest.fixture(scope="session")
def parts_folder(tmp_path_factory):
    """A folder with parts of networks of another package; put it on PYTHONPATH."""
    return _installed("outside_parts", tmp_path_factory)


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


@pytest.fixture(scope="session")
def run_here():
    """Run it so in this process, which takes no seconds to start; its workers are processes of their own.

    A family's own choices are known only to processes that start with its package.
    """

    def run(where, package, *arguments, code=0):
        with pytest.MonkeyPatch.context() as patch:
            plug_in(patch, package)
            patch.chdir(where)
            result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == code, result.output
        return result

    return run
