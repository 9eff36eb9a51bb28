"""What the pages say of registries, fields, commands and figures, made from these when the site is built.

A page holds `<!-- generated: NAME -->` where the text of `GENERATED[NAME]` goes. MkDocs calls
`on_page_markdown` for each page; `make docs` fails where a page asks for a name that is not here.
"""

import inspect
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import click

import paretocaps
from paretocaps import service
from paretocaps.cli.app import SECTIONS, app
from paretocaps.domain.trainer import TRAINERS

ROOT = Path(__file__).resolve().parents[1]
MARK = re.compile(r"^<!-- generated: (\w+) -->$", re.MULTILINE)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return a page with the generated texts at its marks; MkDocs calls this."""
    return MARK.sub(lambda mark: GENERATED[mark[1]](), markdown)


def table(rows: Iterable[Mapping[str, Any]], code: str) -> str:
    """Return rows as a Markdown table; what is in the column `code` is set as code."""
    rows = list(rows)
    lines = ["| " + " | ".join(rows[0]) + " |", "|---" * len(rows[0]) + "|"]
    for row in rows:
        cells = [f"`{value}`" if name == code else _cell(value) for name, value in row.items()]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(value: Any) -> str:
    return str(value).replace("|", r"\|").replace("\n", " ")


def designs() -> str:
    """Return the named designs of the built-in trainer."""
    return table(
        (
            {
                "design": name,
                "choices": ", ".join(f"`{key}={_said(value)}`" for key, value in choices.items()),
            }
            for name, choices in TRAINERS.get("capsnet").designs.items()
        ),
        code="design",
    )


def space() -> str:
    """Return the default space of the built-in trainer."""
    return table(
        (
            {
                "choice": parameter.name,
                "values": ", ".join(f"`{_said(value)}`" for value in parameter.points() or ()),
                "where": str(parameter.when) if parameter.when.parents else "",
            }
            for parameter in TRAINERS.get("capsnet").space
        ),
        code="choice",
    )


def _said(value: Any) -> str:
    return (
        str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else value
    )


def commands() -> str:
    """Return every command: what it does, its arguments and options, its examples."""
    context, parts = click.Context(app, info_name="paretocaps"), []
    for title, names in SECTIONS.items():
        parts.append(f"## {title}")
        for name in names:
            found = app.get_command(context, name)
            assert found is not None
            parts.append(_command(found, click.Context(found, info_name=name, parent=context)))
    return "\n\n".join(parts)


def _command(command: click.Command, context: click.Context) -> str:
    text, _, examples = inspect.cleandoc(command.help or "").partition("\n\b\n")
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    parts = [f"### {context.info_name}", text.strip(), f"```text\n{usage}\n```"]
    options = [record for option in command.params if (record := option.get_help_record(context))]
    rows = ({"option": flags, "meaning": _escaped(meaning)} for flags, meaning in options if meaning)
    parts.append(table(rows, code="option"))
    lines = [line.strip() for line in examples.splitlines()[1:] if line.strip()]
    if lines:
        parts.append("```bash\n" + "\n".join(lines) + "\n```")
    return "\n\n".join(parts)


def _escaped(text: str) -> str:
    return re.sub(r"([<>*_\[\]])", r"\\\1", text)


def python() -> str:
    """Return a mark of mkdocstrings for every public name."""
    return "\n\n".join(f"::: paretocaps.{name}" for name in paretocaps.__all__)


def owners() -> str:
    """Return which packages import which third-party library."""
    kept = tomllib.loads((ROOT / "tests" / "architecture" / "owners.toml").read_text(encoding="utf-8"))
    return table(
        ({"library": name, "imported in": ", ".join(places)} for name, places in kept["owners"].items()),
        code="library",
    )


def measure() -> ModuleType:
    """Return the module that measures the figures, and makes tables of what was measured."""
    spec = spec_from_file_location("measure", ROOT / "tests" / "benchmarks" / "measure.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATED: Mapping[str, Callable[[], str]] = {
    "designs": designs,
    "space": space,
    "samplers": lambda: table(service.samplers(), code="sampler"),
    "datasets": lambda: table(service.datasets(), code="dataset"),
    "objectives": lambda: table(service.objectives(), code="objective"),
    "commands": commands,
    "python": python,
    "owners": owners,
    "figures": lambda: measure().table(),
    "speed": lambda: measure().speed_table(),
    "saliency": lambda: measure().saliency_table(),
}
"""The generated texts by name."""
