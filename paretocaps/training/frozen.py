"""Computes the features of a frozen trunk once, instead of in every step."""

import time

import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.images import ImageSet
from paretocaps.domain.choices import Choices
from paretocaps.models.head import Head
from paretocaps.models.network import Network
from paretocaps.training.learner import Learner
from paretocaps.training.memory import free_bytes
from paretocaps.training.precision import autocast, resolve_precision

_BATCH = 128
_SHARE_OF_MEMORY = 0.5


class FrozenFeatures:
    """The features of a frozen trunk for training and validation images, kept on the device where possible.

    It is possible where nothing changes the images (no augmentation), nothing reconstructs them (no decoder),
    and the features take at most half of the free memory. The training then reads the features only, in the
    same batches. Computing them takes seconds of `wall`, but not of `time`, which counts optimiser steps;
    `remarks` names these seconds. The features of test images are needed once, and are not kept.

    Args:
        learner: the learner of the network; it is given the features.
        images, validation: the images whose features are computed.
        seed: the seed of the order of `images`, so that the batches stay the same.
        choices: those of the training; nothing happens unless they have `frozen`.
        wait: compute nothing before the first `fill`, for a network that is pruned before it is trained.

    Attributes:
        seconds: how long each computation took.
    """

    def __init__(
        self,
        learner: Learner,
        images: DeviceLoader,
        validation: DeviceLoader,
        seed: int,
        choices: Choices,
        *,
        wait: bool = False,
    ) -> None:
        self._learner, self._images, self._validation = learner, images, validation
        self._seed, self._choices = seed, choices
        self._kept: DeviceLoader | None = None
        self.seconds: list[float] = []
        self._obstacle = ""
        if not wait:
            self.fill()

    @property
    def remarks(self) -> tuple[str, ...]:
        """A line on what was computed and how long it took, or on why the features were not kept."""
        if self._obstacle:
            return (f"the frozen trunk's features were computed in every step: {self._obstacle}",)
        if not self.seconds:
            return ()
        count, spent = len(self._images) + len(self._validation), sum(self.seconds)
        times = "once" if len(self.seconds) == 1 else f"{len(self.seconds)} times"
        return (f"the frozen trunk's features of {count:,} images were computed {times}, in {spent:.3g} s",)

    def fill(self) -> None:
        """Compute the features with the present network: before it is trained, and after it is pruned."""
        network = self._learner.network
        if not network.trunk_frozen:
            return
        self._kept = None  # outdated features would only take up memory
        self._learner.use(self._images)
        self._obstacle = self._why_not(network)
        if self._obstacle:
            return
        began = time.perf_counter()
        features = self._computed(network, self._images)
        self._kept = self._computed(network, self._validation)
        self._learner.use(features, Head(network))
        self.seconds.append(time.perf_counter() - began)

    def validation(self) -> tuple[Network, DeviceLoader]:
        """Return what validates the learner's network: itself with images, or its head with features."""
        network = self._learner.network
        if self._kept is None:
            return network, self._validation
        return Head(network), self._kept

    def _why_not(self, network: Network) -> str:
        choices, shape = self._choices, network.architecture.trunk_shape
        if self._learner.ranks.size > 1:
            return "several ranks train together"
        if choices.augment != "none":
            return f"augment={choices.augment} changes the images"
        if choices.decoder != "none":
            return f"decoder={choices.decoder} draws the images"
        count = len(self._images) + len(self._validation)
        needed = count * shape.channels * shape.size.positions * self._dtype.itemsize
        free = free_bytes(self._learner.device)
        if needed > _SHARE_OF_MEMORY * free:
            return f"{needed / 2**30:.3g} GiB would be more than half of the {free / 2**30:.3g} GiB free"
        return ""

    @property
    def _dtype(self) -> torch.dtype:
        return resolve_precision(self._choices.precision, self._learner.device)

    @torch.no_grad()
    def _computed(self, network: Network, images: DeviceLoader) -> DeviceLoader:
        shape, device = network.architecture.trunk_shape, self._learner.device
        size = (len(images), shape.channels, *shape.size)
        features = torch.empty(size, dtype=self._dtype, device=device, memory_format=torch.channels_last)
        labels = torch.empty(len(images), dtype=torch.int64, device=device)
        done = 0
        for batch, truth in images.ordered(_BATCH):
            with autocast(device, self._dtype):
                features[done : done + len(truth)] = network.features(batch)
            labels[done : done + len(truth)] = truth
            done += len(truth)
        return DeviceLoader(ImageSet(features, labels), device, seed=self._seed)
