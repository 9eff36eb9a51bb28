"""The groups of `measure.py` about steps: speed against the textbook's, memory, evaluation, precision."""

import importlib.util
import json
import statistics
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figures import MNIST, ROOT, Figure, figure, own_process, timed

if TYPE_CHECKING:
    from paretocaps.bench.benchmark import Turn

TEXTBOOK = ROOT.parent / "shared" / "bench" / "textbook_capsnet.py"
WS_RATIOS = {128: "at least 1", 16: "at least 1", 1: "at least 1.05"}
ALONE = {128: 5, 16: 20, 1: 60}
PROCESSES = 3


def steps(folder: Path) -> list[Figure]:
    """Measure seconds per step with and without weight sharing and the reduced decoder.

    They run in separate processes, which start alternately: memory that another network left in the allocator
    makes a small step up to a third longer or shorter.
    """
    figures: list[Figure] = []
    for precision in ("auto", "fp32"):
        for batch, target in WS_RATIOS.items():
            runs = [
                [
                    float(own_process("steps", f"steps.alone({precision!r}, {batch}, {ws})"))
                    for ws in (True, False)
                ]
                for _ in range(PROCESSES)
            ]
            shared, whole = zip(*runs, strict=True)
            name = f"{precision}, batch {batch}, ws"
            ratios = [b / a for a, b in runs]
            figures += [
                figure(f"seconds per step, {name}", shared, "s", ""),
                figure(f"seconds per step, {name}: baseline", whole, "s", ""),
                figure(f"step, {name}: speed-up over the baseline", ratios, "", target),
            ]
    return figures


def alone(precision: str, batch: int, ws: bool) -> None:
    """Print the median seconds of our steps, with or without weight sharing and the reduced decoder."""
    from paretocaps.bench.benchmark import alternate

    (seconds,) = alternate([_ours(precision, batch, ws)], ALONE[batch])
    print(statistics.median(seconds))


def _ours(precision: str, batch: int, ws: bool = False) -> "Turn":
    from paretocaps.bench.benchmark import Case, turn_of
    from paretocaps.domain.choices import Choices

    shared = {"weight_sharing": True, "decoder": "reduced"} if ws else {}
    return turn_of(Case(Choices(batch_size=batch, precision=precision, **shared)))


def _textbook(batch: int) -> "Turn":
    """Return the yardstick's step: from the file next to the project, or else the package's own."""
    import torch

    from paretocaps.bench.benchmark import Case, textbook_turn
    from paretocaps.domain.choices import Choices

    if not TEXTBOOK.exists():
        return textbook_turn(Case(Choices(batch_size=batch)), torch.device("cpu"))
    step = loaded(TEXTBOOK).make_step(batch)

    def turn() -> float:
        begin = time.perf_counter()
        step()
        return time.perf_counter() - begin

    return turn


def loaded(path: Path) -> Any:
    """Return the module that a file is."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def resident(folder: Path) -> list[Figure]:
    """Measure peak resident memory of three steps at batch 128 in a process, ours and the textbook's."""
    peak = "turn(); turn(); turn(); import figures; print(figures.peak_memory())"
    ours, theirs = (
        [float(own_process("steps", f"turn = steps.{network}; {peak}")) for _ in range(3)]
        for network in ("_ours('auto', 128)", "_textbook(128)")
    )
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    return [
        figure("peak resident memory, 3 steps of batch 128", ours, "B", ""),
        figure("peak resident memory, 3 steps of batch 128: textbook", theirs, "B", ""),
        figure(
            "peak resident memory, 3 steps of batch 128: ours divided by the textbook's",
            ratios,
            "",
            "at most 0.45",
        ),
    ]


def evaluation(folder: Path) -> list[Figure]:
    """Time the evaluation of 10,000 images as a share of an epoch's steps (60,000 images, batch 128)."""
    import torch

    from paretocaps.bench.benchmark import Case, alternate, random_images, turn_of
    from paretocaps.data.device_loader import DeviceLoader
    from paretocaps.data.images import ImageSet
    from paretocaps.domain.choices import Choices
    from paretocaps.evaluation.accuracy import Evaluator
    from paretocaps.models.build import build_network
    from paretocaps.training.precision import autocast, resolve_precision

    case, cpu = Case(Choices(batch_size=128)), torch.device("cpu")
    network = build_network(case.architecture, 0)
    evaluator = Evaluator(cpu, partial(autocast, cpu, resolve_precision("auto", cpu)))
    images = DeviceLoader(ImageSet(*random_images(case.architecture, 10_000)), cpu)

    def evaluate() -> float:
        begin = time.perf_counter()
        evaluator.accuracy(network, images)
        return time.perf_counter() - begin

    seconds, step = alternate([evaluate, turn_of(case)], 5)
    shares = [a / (b * 469) for a, b in zip(seconds, step, strict=True)]
    return [
        figure("evaluating 10,000 images", seconds, "s", ""),
        figure(
            "evaluating 10,000 images, divided by an epoch's steps at batch 128", shares, "", "at most 0.15"
        ),
    ]


def precision(folder: Path) -> list[Figure]:
    """Measure validation accuracy of the MNIST check in bfloat16 and float32, over the same three seeds."""
    means = {}
    for name in ("bf16", "fp32"):
        options = ["--data", str(MNIST), "--limit-train", "10000", "--epochs", "3", "--trials", "1"]
        fixed = ["--repeats", "3", "--fix", f"precision={name}", "--design", "baseline"]
        timed(["optimize", "--study", name, *options, *fixed], folder)
        (member,) = json.loads(timed(["front", name, "--all", "--format", "json"], folder)[1])["members"]
        means[name] = member["acc"]
    gap = abs(means["bf16"] - means["fp32"])
    return [
        figure("MNIST, baseline, mean over 3 seeds: validation accuracy, bf16", means["bf16"], "", ""),
        figure("MNIST, baseline, mean over 3 seeds: validation accuracy, fp32", means["fp32"], "", ""),
        figure(
            "MNIST, baseline, mean over 3 seeds: difference of bf16 from fp32 in validation accuracy",
            gap,
            "",
            "at most 0.003",
        ),
    ]
