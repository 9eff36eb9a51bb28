"""The notebooks of the docs: `python docs/notebooks.py` executes them, and pages show what they gave.

The pages ask for them by `<!-- generated: NAME -->`, as for other generated texts. Figures are kept as SVG,
so that neither a page nor a notebook needs anything from elsewhere.
"""

import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "notebooks"


def names() -> list[str]:
    """Return the names of the notebooks."""
    return sorted(path.stem for path in FOLDER.glob("*.ipynb"))


def cells(name: str) -> list[dict[str, Any]]:
    """Return the cells of a notebook, whose source and text outputs are joined."""
    found: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in found]


def markdown(name: str) -> str:
    """Return a notebook as a page: its text, its code, and what each cell gave."""
    parts = []
    for cell in cells(name):
        if cell["cell_type"] == "markdown":
            parts.append(cell["source"])
        else:
            parts.append(f"```python\n{cell['source']}\n```")
            parts += [shown for output in cell["outputs"] if (shown := _shown(output))]
    return "\n\n".join(parts)


def _shown(output: dict[str, Any]) -> str:
    """Return an output as Markdown: a figure, a table, or text."""
    if output["output_type"] == "stream":
        return _text(output["text"])
    data = output.get("data", {})
    if "image/svg+xml" in data:
        return f'<div class="figure">{"".join(data["image/svg+xml"])}</div>'
    if "text/html" in data:
        table = re.sub(r"<style.*?</style>", "", "".join(data["text/html"]), flags=re.DOTALL)
        table = re.sub(r"<table[^>]*>", "<table>", table)  # as the pages draw their tables
        return f'<div class="output">{table}</div>'
    return _text(data.get("text/plain", ""))


def _text(lines: Any) -> str:
    text = "".join(lines).rstrip()
    return f"```text\n{text}\n```" if text else ""


def execute(name: str) -> None:
    """Run a notebook in an empty folder, and keep what its cells gave."""
    import nbformat
    from nbclient import NotebookClient

    path = FOLDER / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": folder}})
        client.execute()
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    notebook.metadata = {"language_info": {"name": "python"}}
    nbformat.write(notebook, path)


def _each() -> Iterator[str]:
    return iter(sys.argv[1:] or names())


if __name__ == "__main__":
    os.environ["PLOTLY_RENDERER"] = "svg"
    for one in _each():
        execute(one)
