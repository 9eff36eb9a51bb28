"""The layers of the README, enforced by import-linter on the real imports."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]


def test_every_import_points_down() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_every_package_has_its_layer() -> None:
    (layers,) = (contract for contract in SETTINGS["contracts"] if contract["type"] == "layers")
    assert layers["exhaustive"]
    named = {name.strip() for layer in layers["layers"] for name in layer.split("|")}
    present = {
        path.stem
        for path in (ROOT / "paretocaps").iterdir()
        if (path.is_dir() or path.suffix == ".py") and not path.name.startswith("__")
    }
    assert present == named | {"testing"}


@pytest.mark.parametrize("name", ["utils", "common", "helpers", "core", "misc"])
def test_there_is_no_drawer(name: str) -> None:
    assert not [path for path in (ROOT / "paretocaps").rglob("*") if path.stem == name]
