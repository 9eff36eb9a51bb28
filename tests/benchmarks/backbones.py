"""Groups of `measure.py` about frozen trunks and pruning."""

import copy
import statistics
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from figures import CIFAR, MNIST, Figure, figure

RESNET18 = {"family": "backbone_caps", "backbone": "resnet18"}
SALIENCIES = ("routing", "coupling", "activation", "magnitude", "random")
DRAWS = 5


def _learner(path: Path, images: int, seed: int = 0, **choices: Any) -> tuple[Any, Any, Any]:
    """Return a learner as in a training, its data and its choices."""
    import torch

    from paretocaps.data.device_loader import DeviceLoader
    from paretocaps.data.tensor_splits import load
    from paretocaps.domain.choices import Choices
    from paretocaps.domain.job import DataSpec
    from paretocaps.models.architecture import architecture
    from paretocaps.training.first_network import first_network
    from paretocaps.training.learner import Learner

    parsed = Choices.model_validate(choices)
    splits = load(DataSpec(name=None, path=str(path), limit_train=images))
    channels, height, width = splits.shape
    network, _ = first_network(architecture(parsed, height, width, channels, splits.classes), parsed, seed)
    cpu = torch.device("cpu")
    loader = DeviceLoader(splits.train, cpu, seed=seed, augment=parsed.augment)
    return Learner(network, loader, parsed, cpu), splits, parsed


def frozen(folder: Path, images: int = 512, epochs: int = 4) -> list[Figure]:
    """Compare an epoch of a frozen ResNet-18 with cached features to one of fine-tuning, at 64x64 pixels.

    The training clock takes the seconds, so only optimiser steps count. The first epoch includes the warm-up
    and is not counted.
    """
    import torch

    from paretocaps.data.device_loader import DeviceLoader
    from paretocaps.training.frozen import FrozenFeatures

    seconds, filling = {}, 0.0
    for name, changes in {"fine-tuned": {}, "frozen": {"frozen": True}}.items():
        learner, splits, choices = _learner(
            CIFAR, images, image_size=64, batch_size=64, **RESNET18, **changes
        )
        if changes:
            some = DeviceLoader(splits.train, torch.device("cpu"))
            features = FrozenFeatures(learner, learner.loader, some, 0, choices)
            features.fill(1)
            (filling,) = features.seconds
        for epoch in range(1, epochs + 1):
            learner.train_epoch(epoch, 64, [1e-4] * learner.loader.steps(64))
        found = learner.stopwatch.seconds()
        seconds[name] = [found[epoch] for epoch in range(2, epochs + 1)]
    ratio = statistics.median(seconds["fine-tuned"]) / statistics.median(seconds["frozen"])
    what = f"ResNet-18, {images} CIFAR-10 images of 64x64"
    return [
        figure(f"{what}: seconds per epoch, fine-tuned", seconds["fine-tuned"], "s", ""),
        figure(f"{what}: seconds per epoch, frozen with cached features", seconds["frozen"], "s", ""),
        figure(f"{what}: speed-up by freezing", ratio, "", "at least 10"),
        figure(f"computing the features of {2 * images:,} images once", filling, "s", ""),
    ]


def pruned_resnet18(folder: Path, images: int = 10_000, epochs: int = 20) -> list[Figure]:
    """Train ResNet-18 with capsules on CIFAR-10 to a plateau, halve it, and measure the loss and the gain.

    Images have 32x32 pixels and are standardised, shifted and mirrored. Training has batch 128, one cycle of
    Adam up to 1e-3, and bfloat16 where the processor has it. Both networks then get one more epoch at 3e-4.
    Accuracies are over 5,000 validation images; a linear probe on training images chooses the best candidate.
    """
    import torch

    from paretocaps.data.device_loader import DeviceLoader
    from paretocaps.evaluation.accuracy import Evaluator
    from paretocaps.models.pruning.target import removed_share
    from paretocaps.schedules.plan import build_plan
    from paretocaps.training.precision import autocast
    from paretocaps.training.pruning import prune_learner

    recipe = {"image_size": 32, "augment": "crop", "standardise": True, "lr_policy": "one_cycle"}
    learner, splits, choices = _learner(CIFAR, images, **RESNET18, **recipe, pruning_ratio=0.5)
    cpu, plan, batch = torch.device("cpu"), build_plan(choices, images, epochs), choices.batch_size
    evaluator = Evaluator(cpu, partial(autocast, cpu, learner.dtype))
    validation = DeviceLoader(splits.validation, cpu)
    accuracies = []
    for epoch in range(1, epochs + 1):
        learner.train_epoch(epoch, batch, plan.learning_rates(epoch))
        accuracies.append(evaluator.accuracy(learner.network, validation))
    trained, whole = learner.stopwatch.seconds(), copy.deepcopy(learner)
    prune_learner(learner, choices, 0, learner.loader)
    at_once = evaluator.accuracy(learner.network, validation)
    rates = [3e-4] * learner.loader.steps(batch)
    for one in (whole, learner):
        one.train_epoch(epochs + 1, batch, rates)
    before, after = (evaluator.accuracy(one.network, validation) for one in (whole, learner))
    slow, fast = _steps((whole, learner), epochs + 2, batch)
    share = removed_share(whole.network.architecture, learner.network.architecture)
    what = f"ResNet-18 with capsules, {images:,} CIFAR-10 images"
    return [
        figure(
            f"{what}, {epochs} epochs: validation accuracy of the last three epochs", accuracies[-3:], "", ""
        ),
        figure(f"{what}, {epochs} epochs: training time", sum(trained.values()), "s", ""),
        figure(f"{what}: share of the multiply-adds removed", share, "", ""),
        figure(f"{what}: validation accuracy, unpruned, after one more epoch", before, "", ""),
        figure(f"{what}: validation accuracy, pruned, before that epoch", at_once, "", ""),
        figure(f"{what}: validation accuracy, pruned, after that epoch", after, "", ""),
        figure(f"{what}: validation accuracy lost by pruning", before - after, "", "at most 0.03"),
        figure(f"{what}: seconds per step, unpruned", slow, "s", ""),
        figure(f"{what}: seconds per step, pruned", fast, "s", ""),
        figure(f"{what}: speed-up of a step by pruning", _ratios(slow, fast), "", "at least 1.5"),
    ]


def capsule_pruning(folder: Path, images: int = 5000, epochs: int = 3, seeds: int = 3) -> list[Figure]:
    """Measure the baseline's accuracy with fewer capsule types, by each saliency, before further training.

    Conv1 keeps its channels. With random saliency, a seed's accuracy is the mean over five draws.
    """
    shares = {"half": 2, "a quarter": 4}
    whole, found = [], {(share, name): [] for share in shares for name in SALIENCIES}
    for seed in range(seeds):
        learner, splits, choices = _learner(MNIST, images, seed)
        rates = [choices.lr_max] * learner.loader.steps(choices.batch_size)
        for epoch in range(1, epochs + 1):
            learner.train_epoch(epoch, choices.batch_size, rates)
        judge = _judge_of_types(learner, splits.validation)
        types = learner.network.architecture.capsule_types
        whole.append(judge(types, "magnitude", 0))
        for (share, name), runs in found.items():
            draws = range(DRAWS) if name == "random" else range(1)
            runs.append(statistics.mean(judge(types // shares[share], name, draw) for draw in draws))
    what = f"MNIST, {images:,} images, {epochs} epochs"
    ahead = [a - b for a, b in zip(found["half", "routing"], found["half", "random"], strict=True)]
    return [
        figure(f"{what}: validation accuracy, all capsule types", whole, "", ""),
        *(
            figure(f"{what}: validation accuracy, {share} of the types by {name}", runs, "", "")
            for (share, name), runs in found.items()
        ),
        figure(
            f"{what}: half of the types, mean gain in validation accuracy of routing over random",
            statistics.mean(ahead),
            "",
            "at least 0.0001",
        ),
    ]


def _judge_of_types(learner: Any, validation: Any) -> Callable[[int, str, int], float]:
    """Return a function from types, saliency and seed to the pruned network's validation accuracy."""
    from paretocaps.data.device_loader import DeviceLoader
    from paretocaps.evaluation.accuracy import Evaluator
    from paretocaps.models.pruning.prune import cut
    from paretocaps.models.pruning.saliency import measure
    from paretocaps.training.precision import autocast

    network, device = learner.network, learner.device
    evaluator = Evaluator(device, partial(autocast, device, learner.dtype))
    images = DeviceLoader(validation, device)
    seen = [batch for batch, _ in islice(learner.loader.batches(128, epoch=0), 8)]

    def judge(types: int, saliency: str, seed: int) -> float:
        target = network.architecture.model_copy(update={"capsule_types": types})
        return evaluator.accuracy(
            cut(network, target, measure(network, seen, saliency, seed)).network, images
        )

    return judge


def _steps(learners: Sequence[Any], epoch: int, batch: int, steps: int = 12) -> list[list[float]]:
    """Return the seconds of steps that the learners take alternately; the first two of each warm up."""
    import time

    taken: list[list[float]] = [[] for _ in learners]
    images, labels = next(learners[0].loader.batches(batch, epoch))
    for number in range(steps + 2):
        for learner, seconds in zip(learners, taken, strict=True):
            begin = time.perf_counter()
            learner.step(images, labels, 1e-5)
            if number >= 2:
                seconds.append(time.perf_counter() - begin)
    return taken


def _ratios(slow: Sequence[float], fast: Sequence[float]) -> list[float]:
    return [a / b for a, b in zip(slow, fast, strict=True)]
