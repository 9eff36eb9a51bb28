"""Seconds that a trained network takes to classify."""

import statistics
import time
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from paretocaps.models.network import Network

BATCHES = {"latency": 1, "latency_batch": 128}
"""The measured quantities, seconds an image each, with the images that are classified at once."""

_WARMUP = 2
_FEWEST, _MOST = 5, 200
_ENOUGH = 1.0  # seconds of passes after which no more are taken


@torch.no_grad()
def latency(
    network: Network,
    device: torch.device,
    batch_size: int = 1,
    precision: AbstractContextManager[Any] | None = None,
) -> float:
    """Return the seconds an image of classifying `batch_size` images at once: the median over passes.

    A pass is from images on the device to class scores on the device, synchronised before each reading of
    the clock, without the decoder. Two that warm up are not counted; then 5 to 200 are, as many as a
    second holds. The images are random: no part of the network is faster or slower for some than for others.

    Args:
        network: on `device`; put into evaluation mode meanwhile and back into the mode it was in.
        device: where it is measured.
        batch_size: images a pass, 1 or more.
        precision: a context to run the passes in.
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
                network.scores(images)
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
