"""The groups of `measure.py` can be started: what they import is there, and their studies can be made."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import paretocaps

BENCHMARKS = Path(__file__).parent
MODULES = sorted({path.stem for path in BENCHMARKS.glob("*.py")} - {"test_evidence", "test_measure"})


@pytest.fixture(autouse=True)
def modules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The modules of the benchmarks, and those of the faults, can be imported meanwhile."""
    monkeypatch.syspath_prepend(str(BENCHMARKS.parent / "faults"))
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def imported(module: str) -> Iterator[tuple[str, str]]:
    """The modules and names that a module imports from, many of them only while it measures.

    What it tries to import, and does without, may be missing.
    """
    nodes = list(ast.walk(ast.parse((BENCHMARKS / f"{module}.py").read_text(encoding="utf-8"))))
    tried = {one for node in nodes if isinstance(node, ast.Try) for one in node.body}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node not in tried:
            yield from ((str(node.module), one.name) for one in node.names)


def test_every_group_is_a_function_of_its_module() -> None:
    for group, module in importlib.import_module("measure").MEASURES.items():
        assert callable(getattr(importlib.import_module(module), group)), group


@pytest.mark.parametrize("module", MODULES)
def test_what_a_module_imports_while_it_measures_is_there(module: str) -> None:
    for source, name in imported(module):
        found = importlib.import_module(source)
        assert hasattr(found, name) or importlib.import_module(f"{source}.{name}"), (source, name)


def test_the_study_of_ten_thousand_trials_is_stored(tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path}/large.db"
    importlib.import_module("commands").store_made_up(storage, trials=30)
    front = paretocaps.load_front("large", storage=storage)
    assert 1 < len(front) < 30
