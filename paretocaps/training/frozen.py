"""Computes the features of a frozen trunk once, instead of in every step."""

import time
from contextlib import AbstractContextManager, nullcontext

import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.images import ImageSet
from paretocaps.domain.choices import Choices
from paretocaps.models.head import Head
from paretocaps.models.network import Network
from paretocaps.models.training_memory import images_of_pass
from paretocaps.training.energy import EpochEnergy
from paretocaps.training.learner import Learner
from paretocaps.training.memory import free_bytes
from paretocaps.training.precision import autocast, resolve_precision

_BATCH = 128
_SHARE_OF_MEMORY = 0.5


class FrozenFeatures:
    """The features of a frozen trunk for training and validation images, kept on the device where possible.

    It is possible where nothing changes the images (no augmentation), nothing reconstructs them (no decoder),
    and the features take at most half of the free memory. The training then reads the features only, in the
    same batches. The pass over the training images counts as `time` and `energy`, as it would in every step;
    that over the validation images does not, as no validation does. The features of test images are needed
    once, and are not kept.

    Args:
        learner: the learner of the network; it is given the features, and its stopwatch times them.
        images, validation: the images whose features are computed.
        seed: the seed of the order of `images`, so that the batches stay the same.
        choices: those of the training; nothing happens unless they have `frozen`.
        energy: counts the joules of the passes over the training images.

    Attributes:
        seconds: how long each computation took, validation images included.
    """

    def __init__(
        self,
        learner: Learner,
        images: DeviceLoader,
        validation: DeviceLoader,
        seed: int,
        choices: Choices,
        energy: EpochEnergy | None = None,
    ) -> None:
        self._learner, self._images, self._validation = learner, images, validation
        self._seed, self._choices = seed, choices
        self._energy = energy or EpochEnergy(None)
        self._kept: DeviceLoader | None = None
        self.seconds: list[float] = []
        self._obstacle = ""

    @property
    def kept(self) -> bool:
        """Whether the training reads features that were computed before."""
        return self._kept is not None

    @property
    def remarks(self) -> tuple[str, ...]:
        """A line on what was computed and how long it took, or on why the features were not kept."""
        if self._obstacle:
            return (f"the frozen trunk's features were computed in every step: {self._obstacle}",)
        if not self.seconds:
            return ()
        count, spent = len(self._images) + len(self._validation), sum(self.seconds)
        times = "once" if len(self.seconds) == 1 else f"{len(self.seconds)} times"
        return (
            f"the frozen trunk's features of {count:,} images were computed {times}, in {spent:.3g} s: time"
            f" counts those of the {len(self._images):,} training images",
        )

    def fill(self, epoch: int | None) -> None:
        """Compute the features with the present network: before it is trained, and after it is pruned.

        Args:
            epoch: the epoch that the pass over the training images counts for; None if a training that is
                resumed counted it before.
        """
        network = self._learner.network
        if not network.trunk_frozen:
            return
        self._kept = None  # outdated features would only take up memory
        self._learner.use(self._images)
        self._obstacle = self._why_not(network)
        if self._obstacle:
            return
        began = time.perf_counter()
        if epoch is None:
            features = self._computed(network, self._images)
        else:
            self._learner.stopwatch.start_phase()
            with self._energy.epoch(epoch):
                features = self._computed(network, self._images, epoch)
            self._learner.stopwatch.pause()
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
    def _computed(self, network: Network, images: DeviceLoader, epoch: int | None = None) -> DeviceLoader:
        shape, device = network.architecture.trunk_shape, self._learner.device
        size = (len(images), shape.channels, *shape.size)
        features = torch.empty(size, dtype=self._dtype, device=device, memory_format=torch.channels_last)
        labels = torch.empty(len(images), dtype=torch.int64, device=device)
        done, at_once = 0, _BATCH
        if device.type == "cpu":
            at_once = min(at_once, images_of_pass(network.architecture))
        for batch, truth in images.ordered(at_once):
            with self._timed(epoch, typical=len(truth) == at_once), autocast(device, self._dtype):
                features[done : done + len(truth)] = network.features(batch)
            labels[done : done + len(truth)] = truth
            done += len(truth)
            self._energy.look()
            self._learner.on_progress("computing features", done, len(images))
        return DeviceLoader(ImageSet(features, labels), device, seed=self._seed)

    def _timed(self, epoch: int | None, *, typical: bool) -> AbstractContextManager[None]:
        """Return the context of a batch's pass, which is timed where it counts for an epoch."""
        if epoch is None:
            return nullcontext()
        return self._learner.stopwatch.lap(epoch, typical=typical)
