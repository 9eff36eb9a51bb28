"""What the pages say of registries, fields, commands and figures, made from these when the site is built.

A page holds `<!-- generated: NAME -->` where the text of `GENERATED[NAME]` goes. MkDocs calls
`on_page_markdown` for each page; `make docs` fails where a page asks for a name that is not here.
"""

import inspect
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

import paretocaps
from paretocaps import service
from paretocaps.cli.app import SECTIONS, app
from paretocaps.domain.claim import Claim
from paretocaps.domain.trainer import TRAINERS
from paretocaps.replay.table import cards
from paretocaps.report.tables import choice_text
from paretocaps.service import paper_tables

ROOT = Path(__file__).resolve().parents[1]
EVIDENCE = ROOT / "docs" / "evidence"
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
    text = str(value).replace("\n", " ")
    return text if "`" in text else text.replace("|", r"\|")


def designs() -> str:
    """Return the named designs of the built-in trainer."""
    return table(
        (
            {
                "design": name,
                "choices": ", ".join(f"`{key}={choice_text(value)}`" for key, value in choices.items()),
            }
            for name, choices in TRAINERS.get("capsnet").designs.items()
        ),
        code="design",
    )


def choices() -> str:
    """Return every choice of the built-in trainer, then what the values mean of those that explain them."""
    found = service.choices()
    rows = []
    for row in (choice.summary() for choice in found):
        values = f"{row['values']}<br>*Default:* {row['default']}"
        ends = {"Only where": row["where"], "Sampled by default:": row["sampled"]}
        meaning = " ".join([row["meaning"], *(f"{begin} {text}." for begin, text in ends.items() if text)])
        rows.append({"choice": row["choice"], "values": values, "meaning": meaning})
    parts = [table(rows, code="choice")]
    for choice in found:
        if choice.facts.meanings:
            parts.append(f"### The values of `{choice.facts.name}`")
            values = choice.facts.meanings.items()
            parts.append(table(({"value": value, "meaning": text} for value, text in values), code="value"))
    return "\n\n".join(parts)


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
    """Return a mark of mkdocstrings for every public name, with the fields of those that have some."""
    return "\n\n".join(f"::: paretocaps.{name}\n\n{_fields(name)}".rstrip() for name in paretocaps.__all__)


def _fields(name: str) -> str:
    """The fields of a pydantic model, which griffe does not see; choices have a page of their own."""
    model = getattr(paretocaps, name)
    if not (isinstance(model, type) and issubclass(model, BaseModel)) or name == "Choices":
        return ""
    rows = [
        {
            "field": field,
            "type": f"`{_type(about.annotation)}`",
            "default": "required"
            if about.is_required()
            else f"`{about.get_default(call_default_factory=True)!r}`",
        }
        for field, about in model.model_fields.items()
    ]
    return table(rows, code="field")


def _default(about: FieldInfo) -> Any:
    return about.get_default(call_default_factory=True, validated_data={})


def _type(annotation: Any) -> str:
    """A field's type as one would write it, without the bounds of its numbers."""
    if get_origin(annotation) is Annotated:
        return _type(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return " | ".join(map(_type, get_args(annotation)))
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__name__.replace("NoneType", "None")
    return re.sub(r"(\w+\.)+", "", str(annotation))


def owners() -> str:
    """Return which third-party libraries each package imports."""
    kept = tomllib.loads((ROOT / "tests" / "architecture" / "owners.toml").read_text(encoding="utf-8"))
    libraries: dict[str, list[str]] = {}
    for library, packages in kept["owners"].items():
        for package in packages:
            libraries.setdefault(package, []).append(library)
    rows = ({"package": name, "imports": ", ".join(found)} for name, found in sorted(libraries.items()))
    return table(rows, code="package")


def tables() -> str:
    """Return what each recorded table holds."""
    return table(
        (
            {
                "table": card.name,
                "played by": f"`{card.options}`",
                "designs": f"{card.designs} of {card.listed}",
                "trainings": f"{card.trainings} ({card.failed} failed, {card.loaded} on a loaded device)",
                "images": f"{card.facts['training images']:,} training, {len(card.labels)} validation,"
                f" {card.test_images:,} test",
                "hours": f"{card.hours:.1f} ({card.cpu_hours:.1f} of CPU)",
                "device": ", ".join(card.devices),
                "recorded": " to ".join(dict.fromkeys(card.recorded)) + f" with commit {card.recorded_with}",
            }
            for card in cards()
        ),
        code="table",
    )


def papers() -> str:
    """Return what was measured of the papers' tables, and which were not run."""
    named = {one.name: one for one in paper_tables.paper_tables()}
    kept = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(EVIDENCE.glob("*.json"))]
    kept.sort(key=lambda run: list(named).index(run["table"]))  # fails where a page's table has gone
    parts = [
        _measured_table(run, named[run["table"]].table.claims)
        for scale in ("cpu", "paper")
        for run in kept
        if run["scale"] == scale
    ]
    run = {one["table"] for one in kept if one["scale"] == "cpu"}
    left = [one for name, one in named.items() if name not in run]
    rows = [
        {
            "table": one.name,
            "paper": f"{one.table.paper}, {one.table.title}",
            "shows": one.table.shows,
            "open": one.table.open or "not run at this scale yet",
        }
        for one in left
    ]
    return "\n\n".join([*parts, "## Open", table(rows, code="table")])


def _measured_table(run: Mapping[str, Any], claims_now: Sequence[Claim]) -> str:
    """Return the section of a table that was measured, without statements that its study file has no more."""
    name = f"{run['table']}-{run['scale']}"
    scale = "" if run["scale"] == "cpu" else f" (scale {run['scale']})"
    now = {tuple(getattr(claim, key) for key in _JUDGED_BY): claim for claim in claims_now}
    claims = [
        {"the paper says": claim.said, "here": f"**{one['verdict']}**", "measured": one["measured"]}
        for one in run["claims"]
        if (claim := now.get(tuple(one[key] for key in _JUDGED_BY))) is not None
    ]
    gone, new = len(run["claims"]) - len(claims), len(claims_now) - len(claims)
    changed = f"{gone} withdrawn since then, {new} new and not judged"
    older = [f"Made with an older study file; its statements: {changed}."] if gone or new else []
    trained = f"{run['trainings']['finished']} of {run['trainings']['all']} trainings"
    by = f"seeds {', '.join(map(str, run['seeds']))}; {', '.join(run['devices'])}"
    return "\n\n".join(
        [
            f"## {run['paper']}, {run['title']}{scale}",
            f"{run['data']}; {trained}, {by}."
            f" [The whole page](evidence/{name}.html), [its figures](evidence/{name}.json).",
            *([table(claims, code="")] if claims else []),
            *older,
            *_rerun(EVIDENCE / "again" / f"{name}.json"),
            *(
                ["Less than in the paper: " + "; ".join(run["scaled_down"]) + "."]
                if run["scaled_down"]
                else []
            ),
            "\n".join(f"- {one}" for one in run["not_comparable"]),
            f"[![The page of {run['table']}](evidence/{name}.png)](evidence/{name}.html)",
        ]
    )


_JUDGED_BY = ("row", "than", "objective", "direction", "by", "relative")
"""What a statement has to have in common with that of the present study file, for its verdict to stand."""


def _rerun(file: Path) -> list[str]:
    """Return what a second run of a table with other seeds had, if there was one."""
    if not file.exists():
        return []
    again = json.loads(file.read_text(encoding="utf-8"))
    first, second = (", ".join(map(str, again[which]["seeds"])) for which in ("first", "second"))
    outside = [f"{one['figure']} of {one['row']}" for one in again["figures"] if not one["within"]]
    count, of = len(again["figures"]) - len(outside), len(again["figures"])
    rest = f" The others: {'; '.join(outside)}." if outside else ""
    return [
        f"Made again with seeds {second} instead of {first}: of {count} of {of} figures ({count / of:.0%})"
        f" the difference of the two means is within its 95 % interval.{rest}"
        f" [Both runs](evidence/again/{file.name})."
    ]


def measure() -> ModuleType:
    """Return the module that measures the figures, and makes tables of what was measured."""
    return _benchmark("measure.py")


def notebooks() -> ModuleType:
    """Return the module that executes the notebooks, and makes pages of them."""
    return _module(ROOT / "docs" / "notebooks.py")


def evidence() -> ModuleType:
    """Return the module that tells the evidence for the search."""
    return _benchmark("evidence/telling.py")


def _benchmark(path: str) -> ModuleType:
    return _module(ROOT / "tests" / "benchmarks" / path)


def _module(path: Path) -> ModuleType:
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATED: Mapping[str, Callable[[], str]] = {
    "choices": choices,
    "designs": designs,
    "samplers": lambda: table(service.samplers(), code="sampler"),
    "datasets": lambda: table(service.datasets(), code="dataset"),
    "objectives": lambda: table(service.objectives(), code="objective"),
    "commands": commands,
    "python": python,
    "owners": owners,
    "tables": tables,
    "papers": papers,
    "figures": lambda: measure().table(),
    "speed": lambda: measure().speed_table(),
    "evidence": lambda: evidence().page(),
    "saliency": lambda: measure().saliency_table(),
    "notebook_first_study": lambda: notebooks().markdown("first_study"),
    "notebook_own_model": lambda: notebooks().markdown("own_model"),
}
"""The generated texts by name."""
