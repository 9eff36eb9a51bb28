"""Check and measure what needs a GPU, in one call: `python tests/benchmarks/gpu.py OUT [DATA] [YARDSTICKS]`.

OUT is a folder. Each part writes there what it finds, within a time limit of its own, so that a machine that
is taken away early leaves what was measured. DATA is a folder with MNIST's IDX files: no study without it.
YARDSTICKS is one with `einsum_capsnet.py`. PARTS=profile,bench in the environment runs some parts only.
`results/gpu.json` has what these parts found on an H100, `results/gpu_tried.json` what was tried on an H200
and not kept: other convolutions, a fused routing and another Adam. The part `table` goes on with a study of
FasTrCaps at the paper's size: `xz -dc results/fastrcaps_paper.db.xz >OUT/table.db` first, and keep it after.
Compiling makes the first parts slow: the bench takes about four minutes, and each other part one or two.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROFILED = 128, 16, 1
SHOWN = 25
PAIRS = 5
TABLE_TIME = os.environ.get(
    "TABLE_TIME", "8m"
)  # a part of the table at the paper's size; OUT/table.db goes on


def parts(out: Path, data: Path | None, yardsticks: Path | None) -> dict[str, tuple[int, list[str]]]:
    """Return the parts' time limits in seconds and their commands, by name."""
    python, program = sys.executable, [sys.executable, "-m", "paretocaps"]
    marked = [
        str(path) for path in (ROOT / "tests").rglob("test_*.py") if "pytest.mark.gpu" in path.read_text()
    ]
    bench = ["bench", "--device", "cuda", "--against", "textbook", "--steps", "5", "--output"]
    found = {
        "doctor": (60, [*program, "doctor"]),
        "profile": (120, [python, __file__, "--profile", str(out)]),
        "bench": (300, [*program, *bench, str(out / "bench.json"), "--batch", "128", "--batch", "16"]),
        "tests": (170, [python, "-m", "pytest", "-q", "-m", "gpu", "-p", "no:cacheprovider", *marked]),
    }
    for batch in PROFILED if yardsticks else ():
        options = ["--device", "cuda", "--batch", str(batch), "--steps", "50"]
        found[f"einsum-{batch}"] = 60, [python, str(yardsticks / "einsum_capsnet.py"), *options]
    if data:
        storage = ["--storage", f"sqlite:///{out / 'study.db'}"]
        study = ["--data", str(data), "--epochs", "5", "--trials", "12", "--device", "cuda", *storage]
        found["study"] = 240, [*program, "optimize", "gpu", *study]
        found["front"] = 60, [*program, "front", "gpu", "--format", "json", *storage]
        found["accuracy"] = 240, [python, __file__, "--accuracy", str(out), str(data)]
        table = [
            "--scale",
            "paper",
            "--data",
            str(data),
            "--device",
            "cuda",
            "--timeout",
            TABLE_TIME,
            "--plain",
        ]
        kept = ["--storage", f"sqlite:///{out / 'table.db'}", "--output", str(out / "table.html")]
        found["table"] = 560, [*program, "reproduce", "fastrcaps-fig8", *table, *kept]
    return found


def run(name: str, limit: int, command: list[str], out: Path) -> None:
    """Run a part, keep its output as `OUT/NAME.log` and print the end of it."""
    began, path = time.monotonic(), out / f"{name}.log"
    with path.open("w") as log:
        try:
            done = subprocess.run(
                command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, timeout=limit, check=False
            )
            ending = f"exit {done.returncode}"
        except subprocess.TimeoutExpired:
            ending = "over its time limit"
    print(f"== {name}: {ending}, {time.monotonic() - began:.0f} s", flush=True)
    print("\n".join(path.read_text().splitlines()[-SHOWN:]), flush=True)


def profile(out: Path) -> None:
    """Write the seconds of a step's kernels by batch size, the longest first."""
    import torch
    from torch.profiler import ProfilerActivity
    from torch.profiler import profile as profiled

    from paretocaps.bench.benchmark import Case, _learner
    from paretocaps.domain.choices import Choices

    found = {}
    for batch in PROFILED:
        learner = _learner(Case(Choices(batch_size=batch)), torch.device("cuda"))
        rates = [1e-3] * learner.loader.steps(batch)
        for epoch in (1, 2):
            learner.train_epoch(epoch, batch, rates)
        with profiled(activities=[ProfilerActivity.CUDA]) as trace:
            learner.train_epoch(3, batch, rates)
            torch.cuda.synchronize()
        kernels = [
            {"name": one.key, "calls": one.count / len(rates), "us": one.self_device_time_total / len(rates)}
            for one in trace.key_averages()
            if one.self_device_time_total > 0
        ]
        kernels.sort(key=lambda one: -one["us"])
        seconds = learner.stopwatch.seconds()[3] / len(rates)
        found[batch] = {"step_us": seconds * 1e6, "remarks": learner.remarks, "kernels": kernels}
        print(f"batch {batch}: {seconds * 1e6:.0f} us, {sum(one['calls'] for one in kernels):.0f} kernels")
        for one in kernels[:SHOWN]:
            print(f"{one['us']:9.1f} us {one['calls']:5.1f}x {one['name'][:90]}", flush=True)
    (out / "profile.json").write_text(json.dumps(found, indent=1))


def accuracy(out: Path, data: Path) -> None:
    """Write the accuracies of five pairs of trainings, by `auto` and in TF32, of the same seeds."""
    from paretocaps.domain.choices_model import canonical_choices
    from paretocaps.domain.job import DataSpec, TrainingJob
    from paretocaps.training.spec import CAPSNET
    from paretocaps.training.train import train

    found = []
    for seed in range(PAIRS):
        for precision in ("auto", "fp32"):
            choices = canonical_choices(
                CAPSNET.choices, {**CAPSNET.designs["baseline"], "precision": precision}
            )
            folder = out / f"accuracy-{precision}-{seed}"
            folder.mkdir()
            job = TrainingJob(
                study="accuracy", trial=0, trainer="capsnet", choices=dict(choices), seed=seed,
                data=DataSpec(path=str(data)), epochs=5, device="cuda:0", folder=folder, trainings=1000,
                measure=("acc", "time", "memory"),
            )  # fmt: skip
            measured = train(job, lambda record: True)
            tunings = [str(tuning) for tuning in measured.tunings.values()]
            own = {"acc": measured.acc, "test_acc": measured.test_acc, "time": measured.time}
            found.append({"seed": seed, "precision": precision, **own, "tunings": tunings})
            print(found[-1], flush=True)
            (out / "accuracy.json").write_text(json.dumps(found, indent=1))


def main() -> None:
    """Run the parts that PARTS names, or all of them."""
    if sys.argv[1] == "--profile":
        profile(Path(sys.argv[2]))
        return
    if sys.argv[1] == "--accuracy":
        accuracy(*map(Path, sys.argv[2:4]))
        return
    given = [Path(one).resolve() for one in sys.argv[1:4]]
    out, data, yardsticks = given + [None] * (3 - len(given))
    out.mkdir(parents=True, exist_ok=True)
    found = parts(out, data, yardsticks)
    chosen = os.environ.get("PARTS")
    for name, (limit, command) in found.items():
        if not chosen or name.split("-")[0] in chosen.split(","):
            run(name, limit, command, out)


if __name__ == "__main__":
    main()
