"""Rehearses training steps on a CUDA device as graphs, and measures with which tuning they are fastest."""

import math
import time
from collections.abc import Iterable
from contextlib import suppress

import torch
from torch import Tensor

from paretocaps.domain.tuning import ConvolutionTuning, Tuning
from paretocaps.models.tuned import convolutions_seen, using
from paretocaps.training.captured import BlockSteps, CapturedSteps, hindrances, side_stream
from paretocaps.training.form_times import CLEARLY
from paretocaps.training.loss_graph import why_not_compiled
from paretocaps.training.precision import default_tuning
from paretocaps.training.rehearsal import Rehearsed, copied

COMPILING = 30.0
"""The seconds that compiling and timing steps take at most, about."""
_STEPS, _TURNS, _WARMUP = 8, 5, 3
_OFF = 0.1  # how far compiled gradients may be from the others, as a share of their norm


class GraphRehearsal:
    """Steps of a copy of a training's network on a CUDA device, captured and replayed as in the training.

    Args:
        rehearsed: what is rehearsed.
    """

    def __init__(self, rehearsed: Rehearsed) -> None:
        self._plain = default_tuning(rehearsed.choices.precision, rehearsed.step.device)
        self._images = rehearsed.images
        self._batch = rehearsed.batch(rehearsed.images)
        self._step = copied(rehearsed, self._plain)
        self._step.pass_images = rehearsed.images
        fp16 = self._plain.precision == "fp16"
        self._captures = not hindrances(rehearsed.choices.optimizer, fp16, rehearsed.step.ranks)

    def step_seconds(self) -> float:
        """Return how many seconds a step by the default tuning takes; 0 where steps cannot be captured.

        They cannot where a step asks the device for a value, or where a block of them does not fit in memory:
        the training then takes its steps one by one.
        """
        if not self._captures:
            return 0.0
        try:
            return self._seconds(self._plain)
        except (RuntimeError, AssertionError):
            self._captures = False
            return 0.0

    def fastest(self, *, compiles: bool) -> Tuning:
        """Return the tuning with which a step takes the least time.

        The outputs of one convolution after the other are tried as a product of patches, and what is clearly
        faster is kept. After that the whole step is compiled, if `compiles`, with these patches and without
        any, since the compiler makes other steps faster: it is kept where it is clearly faster and its
        gradients are those of the step that is not.
        """
        best, least = self._plain, self.step_seconds()
        if not self._captures:
            return best
        for forms in self._with_patches():
            other = best.model_copy(update={"convolutions": (*best.convolutions, forms)})
            best, least = self._faster(other, best, least)
        if compiles and not why_not_compiled():
            for plain in dict.fromkeys((best, self._plain)):
                best, least = self._faster(plain.model_copy(update={"compiled": True}), best, least)
        return best

    def _faster(self, other: Tuning, best: Tuning, least: float) -> tuple[Tuning, float]:
        """Return `other` and its seconds where they are clearly below the `least`, else `best` and those."""
        # a compiler fails in many ways, and patches may not fit in memory: then the step stays as it is
        with suppress(Exception):
            if not other.compiled or self._agree(other.model_copy(update={"compiled": False}), other):
                taken = self._seconds(other)
                if taken < CLEARLY * least:
                    return other, taken
        return best, least

    def _with_patches(self) -> list[ConvolutionTuning]:
        """Return the forms of each convolution whose outputs are a product of patches."""
        with convolutions_seen() as seen, using(self._plain), torch.no_grad():
            self._step.loss(*self._batch)
        shapes = dict.fromkeys(computed.shape for computed in seen)
        gradients = {"image_gradient": "torch", "filter_gradient": "torch"}
        return [
            ConvolutionTuning.model_validate({"shape": shape, "outputs": "patches", **gradients})
            for shape in shapes
        ]

    def _seconds(self, tuning: Tuning) -> float:
        """Return the seconds of a captured step, the least of some turns."""
        images, labels = self._batch
        self._step.tuning = tuning
        device = self._step.device
        shape = (images.shape[1], images.shape[2], images.shape[3])
        block = images.repeat(_STEPS, 1, 1, 1), labels.repeat(_STEPS)
        steps = BlockSteps(self._step, shape, self._images, _STEPS)
        rates = [0.0] * _STEPS  # the weights stay as they are
        steps.load(block, rates)
        with side_stream(device):
            for _ in range(_WARMUP):
                steps.take()
        captured = CapturedSteps(steps)
        found = []
        for _ in range(_TURNS):
            steps.load(block, rates)
            torch.cuda.synchronize(device)
            began = time.perf_counter()
            for _ in range(_STEPS):
                captured.take()
            torch.cuda.synchronize(device)
            found.append((time.perf_counter() - began) / _STEPS)
        return min(found)

    def _agree(self, one: Tuning, other: Tuning) -> bool:
        """Return whether the gradients of a batch by two tunings differ by rounding only."""
        expected = self._gradients(one)
        apart = [a - b for a, b in zip(expected, self._gradients(other), strict=True)]
        return _norm(apart) <= _OFF * _norm(expected)

    def _gradients(self, tuning: Tuning) -> list[Tensor]:
        self._step.tuning = tuning
        self._step.optimizer.zero_grad(set_to_none=True)
        with using(tuning):
            torch.autograd.backward(self._step.loss(*self._batch))
        trained = self._step.network.parameters()
        return [parameter.grad.clone() for parameter in trained if parameter.grad is not None]


def _norm(tensors: Iterable[Tensor]) -> float:
    return math.hypot(*(float(one.norm()) for one in tensors))
