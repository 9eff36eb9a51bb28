"""Judges a trained network of the built-in trainer on the test part."""

from functools import partial
from pathlib import Path

import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.images import ImageSet
from paretocaps.data.tensor_splits import load
from paretocaps.domain.brought_choices import choices_model
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import JudgedTest
from paretocaps.domain.progress import OnProgress, unheard
from paretocaps.errors import DataError
from paretocaps.evaluation.accuracy import Evaluator
from paretocaps.models.network import Network
from paretocaps.training.device import describe_device, open_device
from paretocaps.training.precision import computed, default_tuning
from paretocaps.training.trained_images import held_out, other_images
from paretocaps.training.weights import load_weights


def judge(job: TrainingJob, weights: Path, on_progress: OnProgress = unheard) -> JudgedTest:
    """Return the test accuracy of trained weights (the `Judge` protocol).

    On the device that trained them, products are computed as in the last phase, by the last of its tunings.

    Raises:
        DataError, UsageError: the data, the device or the weights cannot be used.
    """
    device = open_device(job.device)
    if job.threads is not None:
        torch.set_num_threads(job.threads)
    used = list(job.tunings.get(describe_device(device).machine, {}).values())
    precision = choices_model().model_validate(job.choices).precision
    tuning = used[-1] if used else default_tuning(precision, device)
    splits = load(job.data, on_progress)
    if why := other_images(held_out(weights.parent), splits):
        raise DataError(why)
    evaluator = Evaluator(device, partial(computed, device, tuning), on_progress=on_progress)
    return judged(load_weights(weights).to(device), splits.test, evaluator)


def judged(network: Network, images: ImageSet, evaluator: Evaluator) -> JudgedTest:
    """Return the accuracy of a network, on its device, on the test images."""
    loader = DeviceLoader(images, next(network.parameters()).device)
    return JudgedTest(acc=evaluator.accuracy(network, loader), images=len(images))
