"""What the pages say of registries, fields, commands and figures is made from these, and all of it."""

import importlib
import json
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import cast

import click
import pytest

import paretocaps
from paretocaps.cli.app import app
from paretocaps.domain.objective import OBJECTIVES
from paretocaps.domain.trainer import TRAINERS
from paretocaps.service.paper_tables import paper_table

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


def _run(table: str, claims: list[dict[str, str]], less: list[str]) -> dict[str, object]:
    """What `reproduce` writes of a table, as far as the page of the papers reads it."""
    return {
        "table": table,
        "paper": "FasTrCaps",
        "title": f"the table {table}",
        "scale": "cpu",
        "data": "2,700 images",
        "devices": ["some CPU"],
        "seeds": [0, 1, 2],
        "trainings": {"finished": 12, "all": 12},
        "scaled_down": less,
        "not_comparable": [],
        "claims": claims,
    }


def test_papers_tables_are_told_where_they_are_kept_and_are_open_else(
    generate: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(generate, "EVIDENCE", tmp_path)
    assert generate.papers().startswith("## Open")
    first, *others = paper_table("fastrcaps-table1").table.claims
    judged = {**first.model_dump(), "verdict": "open", "measured": "-1.67 epochs", "text": "once worded so"}
    changed = {**others[0].model_dump(), "objective": "acc", "verdict": "holds", "measured": "0"}
    claims = [judged, {**judged, "row": "wab_ws", "text": "what was withdrawn"}, changed]
    for run in (_run("fastrcaps-fig6", [], []), _run("fastrcaps-table1", claims, ["10 epochs of 30"])):
        text = json.dumps(run, ensure_ascii=False)
        (tmp_path / f"{run['table']}-cpu.json").write_text(text, encoding="utf-8")
    told, _, still = generate.papers().partition("## Open")
    assert told.index("the table fastrcaps-table1") < told.index("the table fastrcaps-fig6")
    assert f"| {first.text} | **open** | -1.67 epochs |" in told
    assert "what was withdrawn" not in told
    assert "once worded so" not in told  # the present words are shown
    assert f"its statements: 2 withdrawn since then, {len(others)} new and not judged." in told
    assert told.count("Less than in the paper: 10 epochs of 30.") == told.count("Less than") == 1
    assert "`fastrcaps-table1`" not in still
    assert "`fastrcaps-fig2`" in still


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
    ours, peers = generate.GENERATED["speed"]().split("Measured on another machine")
    assert "FasTrCaps" in peers
    assert "FasTrCaps" not in ours


@pytest.fixture
def settings(generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module that measures figures, with those of two settings and a yardstick."""
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "benchmarks"))
    seconds = {"auto": [0.1, 0.1, 0.1], "fp32, patches": [0.2, 0.2, 0.2], "textbook": [0.5, 0.4, 0.6]}
    measure = generate.measure()
    found = {"seconds": seconds, "tuning": "products: torch"}
    kept = {"device": "Abacus", "torch": "2", "date": "today"}
    kept["figures"] = importlib.import_module("settings").of_batch("28x28", 16, found)
    (tmp_path / "settings.json").write_text(json.dumps(kept))
    monkeypatch.setattr(measure, "RESULTS", tmp_path)
    return cast(ModuleType, measure)


def test_auto_is_shown_beside_all_settings_and_yardsticks(settings: ModuleType) -> None:
    text = settings.settings_table()
    assert text.splitlines()[0].startswith("Measured on Abacus with torch 2, today")
    assert text.splitlines()[2:] == [
        "| 28x28 | batch 16 |",
        "|---|---|",
        "| auto | 100 |",
        "| fp32, patches | 200 |",
        "| textbook | 500, **5.00x** (4.00 to 6.00) |",
    ]
    rows = settings.table().splitlines()
    assert "| 28x28, batch 16: auto's speed-up over textbook | 5 | 4 to 6 (3) | at least 3 |" in rows
    over = "28x28, batch 16: auto's seconds over those of the best fixed setting"
    assert f"| {over} | 0.5 | 0.5 to 0.5 (3) | at most 1.05 |" in rows
    assert f"| {over}, upper end of the interval | 0.5 | (1) | at most 1.1 |" in rows


def test_the_readme_has_the_table_between_its_marks(settings: ModuleType, tmp_path: Path) -> None:
    page, marks, other = tmp_path / "README.md", *map(settings.readme_marks, settings.README_PARTS)
    page.write_text("\n".join(["before", *marks, "between", *other, "after"]))
    made = settings.settings_table(fixed=False)
    assert "| auto | 100 |" in made
    assert "patches" not in made
    for _ in range(2):
        settings.write_readme(page)
        begin = f"before\n{marks[0]}\n\n{made}\n\n{marks[1]}\nbetween\n{other[0]}\n"
        assert page.read_text().startswith(begin)
        assert page.read_text().endswith(f"\n{other[1]}\nafter")


def test_the_readme_shows_what_was_measured(generate: ModuleType) -> None:
    text = (ROOT / "README.md").read_text()
    measure = generate.measure()
    made = {"speed": measure.settings_table(fixed=False), "search": generate.evidence().claim()}
    for name in measure.README_PARTS:
        begin, end = measure.readme_marks(name)
        assert text.partition(begin)[2].partition(end)[0].strip() == made[name]
