"""The trainer in the README is a whole one: as printed, it is found, searched and ranked."""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from paretocaps.testing.plugin import write_plugin

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("\n## Your own trainer\n")[2].partition("\n## ")[0]
BLOCK = re.compile(r"^```\w+\n# ([\w./]+)[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with the README's package, and with the entry points of its pyproject.toml."""
    folder = tmp_path / "installed"
    files = dict(BLOCK.findall(SECTION))
    assert set(files) == {"my_trainer/spec.py", "my_trainer/train.py", "pyproject.toml"}
    project = tomllib.loads(files.pop("pyproject.toml"))["project"]
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return write_plugin(folder, project["name"], project["entry-points"])


def _run(folder: Path, line: str, *more: str) -> str:
    """Run a command line of the README beside `folder`, with the package in `folder` importable."""
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    answer = subprocess.run(
        [sys.executable, "-m", *shlex.split(line), *more],
        cwd=folder.parent,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


@pytest.mark.slow
def test_its_trainer_is_searched_as_printed(installed: Path) -> None:
    (command,) = re.findall(r"`(paretocaps optimize [^`]+)`", SECTION)
    _run(installed, command, "--trials", "2", "--device", "cpu", "--plain")
    front = json.loads(_run(installed, "paretocaps front mine", "--format", "json"))
    assert front["members"]
    for member in front["members"]:
        hidden = member["choices"]["hidden"]
        assert member["params"] == (64 + 1) * hidden + (hidden + 1) * 10
        assert member["acc"] > 0.8
        assert member["time"] > 0


def test_no_placeholder_is_left() -> None:
    assert "<!--" not in README
