"""A speed run by speed-run.md: `python docs/speed_run.py DATA/mnist OUT.json [RUNS [FIRST SEED]]`.

The record and the baseline are trained in turn, each with every seed; OUT.json has every training.
"""

import json
import shutil
import sys
from statistics import fmean
from tempfile import mkdtemp
from typing import Any

from scipy.stats import ttest_1samp

import paretocaps

BAR = 0.99
EPOCHS = 2
NETWORK = {"family": "capsnet", "pruning_start": 0.0, "saliency": "magnitude", "decoder": "none"}
ENTRIES: dict[str, dict[str, Any]] = {
    "record": {**NETWORK, "pruning_ratio": 0.9, "lr_policy": "one_cycle", "lr_max": 5e-3, "batch_size": 64},
    "baseline": {**NETWORK, "pruning_ratio": 0.5},
}


def trained(name: str, data: str, seed: int) -> dict[str, Any]:
    """Return what a training measured: the seconds of all its steps, and accuracies after the last epoch."""
    folder = mkdtemp(prefix="speed-run-")
    run = paretocaps.train(choices=ENTRIES[name], data=data, epochs=EPOCHS, seed=seed, output=f"{folder}/run")
    shutil.rmtree(folder)
    last, found = run.measurement.epochs[-1], run.measurement
    device = found.device.model_dump(exclude={"calibration"})
    row = {"entry": name, "seed": seed, "acc": last.acc, "seconds": last.time, "cpu_seconds": found.cpu_time}
    tested = found.test_acc if found.best_epoch == last.epoch else None
    return {**row, "test_acc": tested, "params": last.params, "device": device}


def main(data: str, out: str, runs: int = 10, first: int = 1000) -> None:
    """Train both entries in turn, and write and print what they took."""
    rows = []
    for seed in range(first, first + runs):
        for name in list(ENTRIES)[:: 1 if seed % 2 else -1]:  # neither is always the first
            rows.append(trained(name, data, seed))
            print(json.dumps(rows[-1]), flush=True)
    summary = {}
    for name in ENTRIES:
        own = [row for row in rows if row["entry"] == name]
        accs = [row["acc"] for row in own]
        p = float(ttest_1samp(accs, BAR, alternative="greater").pvalue)
        means = {key: fmean(row[key] for row in own) for key in ("acc", "seconds")}
        summary[name] = {**means, "n": len(own), "p": p, "counts": p < 0.01, "choices": ENTRIES[name]}
    with open(out, "w", encoding="utf-8") as file:
        json.dump({"bar": BAR, "epochs": EPOCHS, "summary": summary, "trainings": rows}, file, indent=1)
    print(json.dumps(summary, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:3], *map(int, sys.argv[3:]))
