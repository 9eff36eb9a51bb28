"""The page on the architecture draws the layers that are enforced."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_its_layers_are_the_enforced_ones() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawn = re.search(r"## Layers.*?```\n(.*?)```", page, re.DOTALL)
    assert drawn is not None
    lines = [line.split("  ")[0].strip() for line in drawn[1].splitlines()]
    layers = settings["contracts"][0]["layers"]
    assert [" ".join(line.split()) for line in lines] == [" ".join(layer.split()) for layer in layers]
