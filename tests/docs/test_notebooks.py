"""The notebooks of the docs run, and are kept with what they gave."""

import contextlib
import io
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _notebooks() -> ModuleType:
    spec = spec_from_file_location("notebooks", ROOT / "docs" / "notebooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


NOTEBOOKS = _notebooks()
NAMES = NOTEBOOKS.names()


def test_there_are_notebooks_and_each_has_its_page() -> None:
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "notebooks").glob("*.md")]
    assert len(NAMES) >= 2
    assert all(any(f"<!-- generated: notebook_{name} -->" in page for page in pages) for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_kept_with_its_figures_and_needs_nothing_from_elsewhere(name: str) -> None:
    code = [cell for cell in NOTEBOOKS.cells(name) if cell["cell_type"] == "code"]
    assert all(cell["outputs"] for cell in code)
    assert all(output["output_type"] != "error" for cell in code for output in cell["outputs"])
    page = NOTEBOOKS.markdown(name)
    assert '<div class="figure"><svg' in page
    assert "<table" in page
    assert "<script" not in page
    assert len(page) < 200_000


@pytest.mark.slow  # trains small networks
@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in NOTEBOOKS.cells(name):
        if cell["cell_type"] == "code":
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(cell["source"], name, "exec"), names)
