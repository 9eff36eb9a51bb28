"""The groups of `measure.py` about blocks: memory, seconds and accuracies of deep networks."""

import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from figures import CIFAR, MNIST, Figure, figure, timed

if TYPE_CHECKING:
    from paretocaps.bench.benchmark import Case, Turn

MEBIBYTE = 2**20


def deep(folder: Path) -> list[Figure]:
    """Measure memory and time per block: reversible chains against residual ones, at batch 128."""
    return [*_block_bytes(), *_block_seconds()]


def _block_bytes() -> list[Figure]:
    from paretocaps.bench.benchmark import Case
    from paretocaps.domain.choices import Choices
    from paretocaps.models.complexity import parameters

    few, many, adam = 1, 16, 4 * 4  # bytes per parameter: itself, its gradient, two moments
    figures = []
    for routing in ("rba", "sda", "em"):
        for family in ("momentum_caps", "residual_caps"):
            cases = [Case(Choices(family=family, blocks=b, routing=routing)) for b in (few, many)]
            less, more = (_saved(case) for case in cases)
            name = f"saved for the backward pass per block, {routing}, {family}"
            target = f"at most {0.05 * MEBIBYTE:.0f}" if family == "momentum_caps" else ""
            figures.append(figure(name, (more - less) / (many - few), "B", target))
            if family == "momentum_caps":
                grown = adam * (parameters(cases[1].architecture) - parameters(cases[0].architecture))
                peak = (more + grown - less) / (many - few)
                figures.append(
                    figure(f"peak training memory per block, {routing}", peak, "B", f"at most {3 * MEBIBYTE}")
                )
    return figures


def _saved(case: "Case") -> int:
    from paretocaps.bench.benchmark import random_images
    from paretocaps.models.build import build_network
    from paretocaps.models.losses import capsnet_loss
    from paretocaps.training.memory import saved_bytes

    network = build_network(case.architecture, 0)
    pixels, labels = random_images(case.architecture, 128)
    images = pixels / 255
    return saved_bytes(network, lambda: capsnet_loss(network(images, labels), images, labels))


def _block_seconds() -> list[Figure]:
    """Measure the seconds that a block adds to a step and to a prediction, and the ratio of the families.

    There is only one type of primary capsules: a block costs the same whatever comes before it, and a
    smaller front adds less noise to the difference of two steps.
    """
    from paretocaps.bench.benchmark import Case, alternate, turn_of
    from paretocaps.domain.choices import Choices

    families, depths, figures = ("momentum_caps", "residual_caps"), (1, 13), []
    for gradient in ("last", "all"):
        cases = [
            Case(Choices(family=family, blocks=blocks, routing_gradient=gradient, primary_capsules=1))
            for family in families
            for blocks in depths
        ]
        steps = alternate([turn_of(case) for case in cases], 15)
        figures += _slopes(f"step, routing_gradient={gradient}", steps, depths, "at most 1.45")
        if gradient == "last":
            predictions = alternate([_prediction(case) for case in cases], 9)
            figures += _slopes("prediction", predictions, depths, "at most 1.05")
    return figures


def _slopes(
    name: str, seconds: Sequence[Sequence[float]], depths: tuple[int, int], target: str
) -> list[Figure]:
    few, many = depths
    momentum, residual = (
        [(b - a) / (many - few) for a, b in zip(*pair, strict=True)] for pair in (seconds[:2], seconds[2:])
    )
    ratio = statistics.median(momentum) / statistics.median(residual)
    return [
        figure(f"seconds per block, {name}, momentum_caps", momentum, "s", ""),
        figure(f"seconds per block, {name}, residual_caps", residual, "s", ""),
        figure(f"seconds per block, {name}, momentum_caps divided by residual_caps", ratio, "", target),
    ]


def _prediction(case: "Case") -> "Turn":
    import torch

    from paretocaps.bench.benchmark import random_images
    from paretocaps.models.build import build_network

    network = build_network(case.architecture, 0).eval()
    images = random_images(case.architecture, 128)[0] / 255

    def turn() -> float:
        begin = time.perf_counter()
        with torch.no_grad():
            network.scores(images)
        return time.perf_counter() - begin

    return turn


def deep_accuracy(folder: Path) -> list[Figure]:
    """Measure accuracies of deep networks on few images, with our initialisation and with the paper's."""
    deep = ["--data", str(MNIST), "--limit-train", "3200", "--epochs", "1", "--fix", "batch_size=16"]
    small = ["--data", str(MNIST), "--limit-train", "5000", "--epochs", "5", "--fix", "batch_size=128"]
    colour = ["--data", str(CIFAR), "--limit-train", "5000", "--epochs", "5", "--fix", "batch_size=32"]
    colour += ["--fix", "standardise=true"]
    runs = [
        ("20 blocks, MNIST, 200 steps at batch 16", deep, "momentum_caps", 20, "auto", "at least 0.85"),
        ("20 blocks, MNIST, 200 steps at batch 16", deep, "residual_caps", 20, "auto", ""),
        ("20 blocks, MNIST, 200 steps at batch 16", deep, "capsnet", 20, "auto", ""),
        ("2 blocks, 5,000 MNIST images, 5 epochs", small, "momentum_caps", 2, "auto", "at least 0.965"),
        ("2 blocks, 5,000 MNIST images, 5 epochs", small, "momentum_caps", 2, "paper", ""),
        (
            "1 block, 5,000 CIFAR-10 images, 5 epochs at batch 32",
            colour,
            "momentum_caps",
            1,
            "auto",
            "at least 0.45",
        ),
        ("1 block, 5,000 CIFAR-10 images, 5 epochs at batch 32", colour, "momentum_caps", 1, "paper", ""),
    ]
    figures = []
    for number, (name, options, family, blocks, init, target) in enumerate(runs):
        fixed = ["--fix", f"family={family}", "--fix", f"blocks={blocks}", "--fix", f"init={init}"]
        baseline = ["--fix", "pruning_ratio=0", "--fix", "weight_sharing=false", "--fix", "decoder=full"]
        baseline += ["--fix", "lr_policy=fixed", "--fix", "batch_schedule=constant", "--no-designs"]
        study = f"run{number}"
        timed(["optimize", "--study", study, "--trials", "1", *options, *fixed, *baseline], folder)
        (member,) = json.loads(timed(["front", study, "--all", "--test", "--format", "json"], folder)[1])[
            "members"
        ]
        figures.append(
            figure(f"{family}, {name}, init={init}: test accuracy", member["test_acc"], "", target)
        )
    return figures
