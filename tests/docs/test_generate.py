"""What the pages say of registries, fields, commands and figures is made from these, and all of it."""

import json
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import click
import pytest

import paretocaps
from paretocaps.cli.app import app
from paretocaps.domain.objective import OBJECTIVES
from paretocaps.domain.trainer import TRAINERS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_mark_is_known_and_every_text_is_on_a_page(generate: ModuleType) -> None:
    pages = (page.read_text(encoding="utf-8") for page in (ROOT / "docs").rglob("*.md"))
    assert sorted(name for page in pages for name in generate.MARK.findall(page)) == sorted(
        generate.GENERATED
    )


def test_a_page_is_given_its_texts(generate: ModuleType) -> None:
    page = generate.on_page_markdown("# Designs\n\n<!-- generated: designs -->\n")
    assert "<!--" not in page
    for name in TRAINERS.get("capsnet").designs:
        assert f"| `{name}` |" in page


def test_every_objective_is_in_the_table(generate: ModuleType) -> None:
    text = generate.GENERATED["objectives"]()
    for name in OBJECTIVES:
        assert f"| `{name}` |" in text


def test_every_option_of_every_command_is_on_the_page(generate: ModuleType) -> None:
    context, text = click.Context(app), generate.GENERATED["commands"]()
    sections = dict(re.findall(r"^### ([\w-]+)\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL))
    assert list(sections) == app.list_commands(context)
    for name, section in sections.items():
        command = app.get_command(context, name)
        assert command is not None
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                assert all(flag in section for flag in option.opts), (name, option.opts)
        assert "```bash\nparetocaps " in section


def test_every_public_name_is_on_the_page(generate: ModuleType) -> None:
    text = generate.GENERATED["python"]()
    assert re.findall(r"^::: paretocaps\.(\w+)$", text, re.MULTILINE) == paretocaps.__all__


def test_figures_name_a_device_once_and_begin_with_what_is_missed(generate: ModuleType) -> None:
    text = generate.GENERATED["figures"]()
    kept = [json.loads(path.read_text()) for path in (ROOT / "tests/benchmarks/results").glob("*.json")]
    aimed = [one["figure"] for group in kept for one in group["figures"] if one["target"]]
    for where, rows in re.findall(r"^(Measured on .*?:)\n\n(.*?)(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL):
        assert text.count(where) == 1
        missed = ["**missed**" in row for row in rows.splitlines()[2:]]
        assert missed == sorted(missed, reverse=True)
    assert sorted(re.findall(r"^\| (?!figure |---)(.*?) \|", text, re.MULTILINE)) == sorted(aimed)


def test_seconds_of_different_machines_have_different_tables(generate: ModuleType) -> None:
    ours, peers = generate.GENERATED["speed"]().split("\n\nMeasured on another machine")
    kept = json.loads((ROOT / "tests" / "benchmarks" / "results" / "steps.json").read_text())
    measured = {f"{one['median']:.3g}" for one in kept["figures"]}
    rows = [line.strip("| ").split(" | ")[1:] for line in ours.splitlines() if line.startswith("| ")][1:]
    assert {cell.split(",")[0] for row in rows for cell in row} <= measured
    assert kept["device"] in ours
    assert "FasTrCaps" in peers
    assert "textbook's over it" not in peers
