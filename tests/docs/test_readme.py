"""The README says what is true: its commands parse, its figures are the measured ones, its words exist."""

import importlib.util
import re
import shlex
from pathlib import Path

import click
import pytest

from paretocaps.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
COMMANDS = [line.partition("#")[0].strip() for line in README.splitlines() if line.startswith("paretocaps ")]
INLINE = [text for text in re.findall(r"`(paretocaps [^`]+)`", README) if "COMMAND" not in text]


@pytest.mark.parametrize("line", [*COMMANDS, *INLINE])
def test_every_command_in_it_parses(line: str) -> None:
    name, *arguments = shlex.split(line)[1:]
    if name == "--help":
        return
    context = click.Context(app)
    command = app.get_command(context, name)
    assert command is not None, line
    command.make_context(name, arguments, parent=context)


def test_every_command_is_in_it_or_in_the_help() -> None:
    listed = set(app.list_commands(click.Context(app)))
    shown = {shlex.split(line)[1] for line in COMMANDS}
    assert {"optimize", "front", "report", "dashboard", "plan", "describe"} <= shown <= listed


def test_it_opens_with_the_two_commands() -> None:
    first = README.split("```")[1]
    assert "make demo" in first
    assert "make test" in first


def test_its_table_is_what_was_measured() -> None:
    path = ROOT / "tests" / "benchmarks" / "measure.py"
    spec = importlib.util.spec_from_file_location("measure", path)
    assert spec is not None
    assert spec.loader is not None
    measure = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(measure)
    assert measure.table() in README
    assert measure.speed_table() in README
    assert measure.saliency_table() in README


def test_its_glossary_has_the_words() -> None:
    glossary = README.split("## Words")[1].split("\n## ")[0]
    for word in (
        "study",
        "trial",
        "choices",
        "job",
        "measurement",
        "objective",
        "front",
        "prune",
        "replicate",
    ):
        assert f"**{word}**" in glossary


def test_its_layers_are_the_enforced_ones() -> None:
    import tomllib

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = settings["contracts"][0]["layers"]
    drawn = re.search(r"## Layers.*?```\n(.*?)```", README, re.DOTALL)
    assert drawn is not None
    lines = [line.split("  ")[0].strip() for line in drawn.group(1).splitlines()]
    assert [" ".join(line.split()) for line in lines] == [" ".join(layer.split()) for layer in layers]


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!http|#)([^)]+)\)", README):
        assert (ROOT / target).exists(), target
