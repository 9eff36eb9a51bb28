"""Measure what the page of figures states, and keep each figure as JSON beside this file.

    python tests/benchmarks/measure.py                 # everything that can be measured here
    python tests/benchmarks/measure.py demo mnist      # some of it
    python tests/benchmarks/measure.py --table         # the tables, from what is kept
    python tests/benchmarks/measure.py --readme        # writes the README's table of steps and its claim
    python tests/benchmarks/measure.py evidence --help # the evidence for the search, which takes hours

These are no tests: seconds depend on the machine, so they are kept with device, torch version, date and n.
"""

import argparse
import importlib
import json
import os
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
if str(RESULTS.parent) not in sys.path:  # this file may be loaded by its path
    sys.path.append(str(RESULTS.parent))
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
MEASURES = {
    "startup": "commands",
    "ten_thousand": "commands",
    "demo": "commands",
    "mnist": "commands",
    "around": "commands",
    "around_full": "commands",
    "settings": "settings",
    "steps": "steps",
    "resident": "steps",
    "prepare": "preparing",
    "evaluation": "steps",
    "ranks": "several",
    "precision": "steps",
    "deep": "deep",
    "deep_accuracy": "deep",
    "hybrids": "families",
    "predict": "families",
    "exports": "families",
    "frozen": "backbones",
    "pruned_resnet18": "backbones",
    "capsule_pruning": "backbones",
    "scale": "scale",
    "suite": "suite",
    "rejection": "rejecting",
    "kills": "kills",
    "checkpoints": "checkpoints",
    "worker_start": "workers",
    "slots": "slots",
    "barriers": "slots",
    "serving": "serving",
    "pages": "pages",
}
"""The groups, each with the module next to this one that has a function of the group's name."""
ON_IMAGES = (
    *("mnist", "around", "around_full", "precision", "deep_accuracy", "hybrids", "exports"),
    *("frozen", "pruned_resnet18", "capsule_pruning"),
)
SALIENCIES = ("routing", "magnitude", "random", "coupling", "activation")
PEERS_HEADING = "| seconds per step | batch 128 | batch 16 | batch 1 |", "|---|---|---|---|"
README_PARTS = ("speed", "search")
"""What `--readme` writes, each between two marks of the README."""
PEERS_MACHINE = "Measured on another machine; these seconds compare with each other, not with those above"
PEERS = {  # seconds per step
    "FasTrCaps, published code": (2.78, 0.316, 0.0645),
    "fastest public PyTorch peer": (2.22, 0.262, 0.0555),
    "the textbook network": (2.67, 0.307, 0.0642),
    "arithmetic limit, float32": (0.83, 0.10, None),
    "arithmetic limit, bfloat16": (0.38, 0.048, None),
}


def measure(name: str) -> None:
    """Measure one group and write its figures to `RESULTS`."""
    import torch

    from paretocaps.training.device import describe_device

    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        figures = getattr(importlib.import_module(MEASURES[name]), name)(Path(folder))
    device = describe_device(torch.device("cpu"))
    kept = {
        "device": device.name,
        "torch": device.torch,
        "date": date.today().isoformat(),
        "load_before": round(load, 2),
        "figures": figures,
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(kept, indent=2) + "\n")
    for one in figures:
        print(f"{one['figure']}: {one['median']:.4g} {one['unit']} (n={one['n']}, {one['target']})")


def table() -> str:
    """Return one table per device of the kept figures that have a target; those that miss it come first."""
    rows: dict[str, list[tuple[bool, str]]] = {}
    for name in (*MEASURES, "gpu", "tuned_accuracy", "evidence"):  # the last three are made in other ways
        path = RESULTS / f"{name}.json"
        if not path.exists():
            continue
        kept = json.loads(path.read_text())
        where = f"Measured on {kept['device']} with torch {kept['torch']}, {kept['date']}:"
        aimed = [one for one in kept["figures"] if one["target"]]
        rows.setdefault(where, []).extend((_met(one), _row(one)) for one in aimed)
    head = "| figure | measured | spread (n) | target |\n|---|---|---|---|"
    return "\n\n".join(
        "\n".join([f"{where}\n\n{head}", *(row for _, row in sorted(found, key=lambda one: one[0]))])
        for where, found in rows.items()
    )


def _row(one: dict[str, Any]) -> str:
    value, unit = f"{one['median']:.4g}", f" {one['unit']}" if one["unit"] else ""
    spread = f"{one['min']:.4g} to {one['max']:.4g} ({one['n']})" if one["n"] > 1 else "(1)"
    target = one["target"] if _met(one) else f"{one['target']}: **missed**"
    return f"| {one['figure']} | {value}{unit} | {spread} | {target} |"


def _met(one: dict[str, object]) -> bool:
    """Return whether a figure meets its target, such as "at most 3 s" or "at least 0.9"."""
    words = str(one["target"]).split()
    value, bound = float(str(one["median"])), float(words[2])
    return value <= bound if words[1] == "most" else value >= bound


def speed_table() -> str:
    """Return the table of training steps measured here, and that of peers on another machine.

    Seconds of different machines do not compare, so each machine has its own table.
    """
    peers = [*PEERS_HEADING]
    for name, seconds in PEERS.items():
        cells = ["-" if one is None else f"{one:.3g}" for one in seconds]
        peers.append(f"| {name} | {' | '.join(cells)} |")
    return "\n\n".join([*filter(None, [settings_table()]), f"{PEERS_MACHINE}:\n\n" + "\n".join(peers)])


def settings_table(*, fixed: bool = True) -> str:
    """Return a table per size of images: seconds per step of `auto`, fixed settings and yardsticks.

    Args:
        fixed: whether the fixed settings are shown; without them the table is the README's.
    """
    path = RESULTS / "settings.json"
    if not path.exists():
        return ""
    kept = json.loads(path.read_text())
    found = {one["figure"]: one for one in kept["figures"]}
    tables: dict[str, dict[str, dict[str, str]]] = {}  # by size, setting and batch
    for figure, one in found.items():
        where, what, name = figure.partition(": seconds per step, ")
        if what and (fixed or name in ("auto", "textbook", "einsum")):
            size, _, batch = where.partition(", batch ")
            ratio = _factor(found.get(f"{where}: auto's speed-up over {name}"))
            cell = f"{_milliseconds(one['median'])}{ratio}"
            tables.setdefault(size, {}).setdefault(name, {})[batch] = cell
    where = f"Measured on {kept['device']} with torch {kept['torch']}, {kept['date']}, in milliseconds"
    texts = [f"{where} (x: over `auto`, with the 95 % interval):"]
    for size, rows in tables.items():
        heading = [f"| {size} | {' | '.join(f'batch {batch}' for batch in rows['auto'])} |"]
        heading += ["|---" * (len(rows["auto"]) + 1) + "|"]
        cells = [
            f"| {name} | {' | '.join(row.get(b, '-') for b in rows['auto'])} |" for name, row in rows.items()
        ]
        texts.append("\n".join([*heading, *cells]))
    return "\n\n".join(texts)


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:,.0f}" if seconds >= 0.1 else f"{1000 * seconds:.3g}"


def _factor(ratio: dict[str, Any] | None) -> str:
    if ratio is None:
        return ""
    return f", **{ratio['median']:.2f}x** ({ratio['low']:.2f} to {ratio['high']:.2f})"


def write_readme(path: Path) -> None:
    """Write the table of training steps, and the claim on the search, between the marks of the README."""
    from evidence.telling import claim

    for name, made in zip(README_PARTS, (settings_table(fixed=False), claim()), strict=True):
        begin, end = readme_marks(name)
        (before, rest), middle = path.read_text().split(begin), f"\n\n{made}\n\n" if made else "\n"
        path.write_text(before + begin + middle + end + rest.split(end)[1])


def readme_marks(name: str) -> tuple[str, str]:
    """Return the marks between which a part of the README is written."""
    return (
        f"<!-- {name}: `tests/benchmarks/measure.py --readme` writes what follows -->",
        f"<!-- end of {name} -->",
    )


def saliency_table() -> str:
    """Return the table of accuracies with capsule types pruned by each saliency, as means over seeds."""
    path = RESULTS / "capsule_pruning.json"
    if not path.exists():
        return ""
    found = {one["figure"].split(": validation accuracy, ")[-1]: one for one in _figures(path)}
    lines = ["| capsule types kept, by saliency | half | a quarter |", "|---|---|---|"]
    for saliency in SALIENCIES:
        cells = [
            _mean_of_three(found[f"{share} of the types by {saliency}"]) for share in ("half", "a quarter")
        ]
        lines.append(f"| `{saliency}` | {' | '.join(cells)} |")
    whole = _mean_of_three(found["all capsule types"])
    return "\n".join([*lines, f"| all of them | {whole} | {whole} |"])


def _figures(path: Path) -> list[dict[str, Any]]:
    figures: list[dict[str, Any]] = json.loads(path.read_text())["figures"]
    return figures


def _mean_of_three(one: dict[str, Any]) -> str:
    assert one["n"] == 3
    return f"{(one['min'] + one['median'] + one['max']) / 3:.4f}"


def main() -> None:
    """Measure the groups that are named, or all of them."""
    if sys.argv[1:2] == ["evidence"]:
        importlib.import_module("evidence.command").main(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", choices=[[], *MEASURES], default=[])
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--readme", action="store_true")
    arguments = parser.parse_args()
    if arguments.readme:
        write_readme(Path(__file__).resolve().parents[2] / "README.md")
        return
    if arguments.table:
        print(speed_table(), saliency_table(), table(), sep="\n\n")
        return
    from paretocaps.execution.thread_waiting import wait_briefly

    wait_briefly()  # as workers do
    for name in arguments.names or MEASURES:
        if name in ON_IMAGES and not DATA.exists():
            print(f"{name}: skipped, ../shared/data is not here")
        else:
            measure(name)


if __name__ == "__main__":
    main()
