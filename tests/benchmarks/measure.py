"""Measure what the README states, and keep each figure as JSON beside this file.

    python tests/benchmarks/measure.py                 # everything that can be measured here
    python tests/benchmarks/measure.py demo mnist      # some of it
    python tests/benchmarks/measure.py --table         # the README's table, from what is kept

Not tests: seconds depend on the machine, so they are kept with device, torch version, date and n.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).parent / "results"
MNIST = ROOT.parent / "shared" / "data" / "mnist"
Figure = dict[str, object]


def timed(command: Sequence[str], folder: Path) -> tuple[float, str]:
    """Run `python -m paretocaps COMMAND` in `folder`; return its wall seconds and stdout."""
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "paretocaps", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - begin
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    return seconds, done.stdout


def demo(folder: Path) -> list[Figure]:
    """The study of `make demo`, without the installation."""
    seconds, _ = timed(["optimize", "--spec", str(ROOT / "studies" / "quickstart.toml")], folder)
    front = json.loads(timed(["front", "demo", "--require", "acc>=0.9", "--format", "json"], folder)[1])
    best = max(member["acc"] for member in front["members"])
    starts = [timed(["front", "demo"], folder)[0] for _ in range(5)]
    return [
        figure("demo: 24 trials of 5 epochs on digits", seconds, "s", "at most 180 s"),
        figure("demo: members of the front with acc>=0.9", len(front["members"]), "", "at least 3"),
        figure("demo: best validation accuracy", best, "", "at least 0.985"),
        figure("`paretocaps front demo`", starts, "s", "at most 1.5 s"),
    ]


def mnist(folder: Path) -> list[Figure]:
    """Baseline choices on real MNIST: 10,000 training images, 3 epochs at batch 128."""
    options = ["--data", str(MNIST), "--limit-train", "10000", "--epochs", "3", "--trials", "1"]
    timed(["optimize", "--study", "mnist", *options, "--design", "baseline"], folder)
    (member,) = json.loads(timed(["front", "mnist", "--format", "json"], folder)[1])["members"]
    return [
        figure(
            "MNIST, baseline, 10,000 images, 3 epochs: test accuracy", member["test_acc"], "", "at least 0.97"
        ),
        figure("MNIST, the same: training time to the best epoch", member["time"], "s", ""),
    ]


def startup(folder: Path) -> list[Figure]:
    """The time of `paretocaps --help`."""
    return [
        figure("`paretocaps --help`", [timed(["--help"], folder)[0] for _ in range(10)], "s", "at most 0.5 s")
    ]


def ten_thousand(folder: Path) -> list[Figure]:
    """The front of a stored study of 10,000 trials, written through the store."""
    import numpy as np

    from paretocaps.domain.measurement import Device, EpochRecord, Measurement
    from paretocaps.domain.spec import StudySpec
    from paretocaps.domain.trainer import TRAINERS
    from paretocaps.storage.records import ImportedTrial
    from paretocaps.storage.store import Store

    generator, trainer = np.random.default_rng(0), TRAINERS.get("capsnet")
    designs = list(trainer.space.designs({}))

    def trial(number: int) -> ImportedTrial:
        acc, seconds, params = (
            generator.random(),
            float(generator.lognormal()),
            int(generator.integers(1e5, 8e6)),
        )
        epochs = tuple(
            EpochRecord(epoch=e, acc=acc * e / 5, seconds=seconds / 5, time=seconds * e / 5, wall=seconds)
            for e in range(1, 6)
        )
        measured = Measurement(
            acc=acc, best_epoch=5, time=seconds, wall=seconds, params=params, macs=params, memory=params,
            test_acc=acc, device=Device(name="made up", kind="cpu"), epochs=epochs,
        )  # fmt: skip
        return ImportedTrial(number, trainer.complete(designs[number % len(designs)], {}), {0: measured})

    with Store.open(f"sqlite:///{folder}/studies/paretocaps.db", create=True) as store:
        store.create_study("large", StudySpec(study="large").model_dump(mode="json"))
        store.import_trials("large", [trial(number) for number in range(10_000)])
    runs = [timed(["front", "large"], folder)[0] for _ in range(5)]
    return [figure("`paretocaps front` of 10,000 trials", runs, "s", "at most 2 s")]


MEASURES: dict[str, Callable[[Path], list[Figure]]] = {
    "startup": startup,
    "ten_thousand": ten_thousand,
    "demo": demo,
    "mnist": mnist,
}


def figure(name: str, values: float | Sequence[float], unit: str, bound: str) -> Figure:
    """Return one figure: the median of its runs, how many they were and their spread."""
    runs = list(values) if isinstance(values, Sequence) else [values]
    return {
        "figure": name,
        "median": statistics.median(runs),
        "least": min(runs),
        "most": max(runs),
        "n": len(runs),
        "unit": unit,
        "asked": bound,
    }


def measure(name: str) -> None:
    """Measure one group and keep it."""
    import torch

    from paretocaps.training.device import describe_device

    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        figures = MEASURES[name](Path(folder))
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
        print(f"{one['figure']}: {one['median']:.4g} {one['unit']} (n={one['n']}, {one['asked']})")


def table() -> str:
    """Return the README's table of everything that is kept."""
    lines = ["| figure | measured | spread (n) | asked for | device |", "|---|---|---|---|---|"]
    for name in MEASURES:
        path = RESULTS / f"{name}.json"
        if not path.exists():
            continue
        kept = json.loads(path.read_text())
        for one in kept["figures"]:
            value, unit = f"{one['median']:.4g}", f" {one['unit']}" if one["unit"] else ""
            spread = f"{one['least']:.4g} to {one['most']:.4g} ({one['n']})" if one["n"] > 1 else "(1)"
            where = f"{kept['device']}, torch {kept['torch']}, {kept['date']}"
            lines.append(f"| {one['figure']} | {value}{unit} | {spread} | {one['asked']} | {where} |")
    return "\n".join(lines)


def main() -> None:
    """Measure what is named, or everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", choices=[[], *MEASURES], default=[])
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.table:
        print(table())
        return
    for name in arguments.names or MEASURES:
        if name == "mnist" and not MNIST.exists():
            print("mnist: skipped, ../shared/data/mnist is not here")
        else:
            measure(name)


if __name__ == "__main__":
    main()
