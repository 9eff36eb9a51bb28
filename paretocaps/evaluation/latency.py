"""The time that a trained network takes to classify images."""

import statistics
import time
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from paretocaps.models.network import Network

BATCHES = {"latency": 1, "latency_batch": 128}
"""The measured quantities, in seconds per image, with the number of images that are classified at once."""

_WARMUP = 2
_FEWEST, _MOST = 5, 200
_ENOUGH = 1.0  # s; no more passes are made after this time


@torch.no_grad()
def latency(
    network: Network,
    device: torch.device,
    batch_size: int = 1,
    precision: AbstractContextManager[Any] | None = None,
) -> float:
    """Return the seconds per image of classifying `batch_size` images at once: the median over passes.

    A pass goes from images on the device to class scores on the device, without the decoder; the device is
    synchronised before each reading of the clock. After two passes that warm up, 5 to 200 passes are counted,
    as many as fit into a second. The images are random, because the time does not depend on their content.

    Args:
        network: the network, on `device`; it is in evaluation mode meanwhile, and in its former mode after
            it.
        device: the device on which it is measured.
        batch_size: images per pass, 1 or more.
        precision: a context in which the passes run.
    """
    a = network.architecture
    images = torch.rand(batch_size, a.height, a.width, a.channels, generator=torch.Generator().manual_seed(0))
    images = images.to(device).permute(0, 3, 1, 2)  # channels last in memory, as the loader's
    was_training = network.training
    network.eval()
    seconds: list[float] = []
    try:
        with precision or nullcontext():
            for number in range(_WARMUP + _MOST):
                begin = _now(device)
                network.label_scores(images)
                if number >= _WARMUP:
                    seconds.append(_now(device) - begin)
                if len(seconds) >= _FEWEST and sum(seconds) >= _ENOUGH:
                    break
    finally:
        network.train(was_training)
    return statistics.median(seconds) / batch_size


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()
