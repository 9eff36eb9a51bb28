"""Rehearses training steps on a copy, and measures the tuning with which they take the least time."""

import copy
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from paretocaps.data.device_loader import Batch
from paretocaps.domain.choices import Choices
from paretocaps.domain.tuning import DEFAULT_FORMS, Precision, Tuning
from paretocaps.models.products import has_onednn
from paretocaps.models.tuned import convolutions_seen
from paretocaps.training.disturbance import WIDEST_SPREAD
from paretocaps.training.form_times import CLEARLY, FormTimes, seconds, spent, timed
from paretocaps.training.loss_scaling import GradientScaling
from paretocaps.training.optimizer import build_optimizer, rate_tensor
from paretocaps.training.precision import DTYPES, default_tuning, has_fast_bf16
from paretocaps.training.step import TrainingStep

BUDGET = 1.0
"""The seconds of computing that measuring one tuning may take; a step under way is taken to its end."""
_FORMS_SHARE = 0.3  # of the budget; the rest is for whole steps
_HOPELESS = 1.3  # times the seconds of the best tuning so far, with which another is not tried again
_TURN = 0.04
"""The seconds of a rehearsed step: it has as many images as this takes, at most all."""
_TURNS = 3
_BEFORE_THREADS = 0.75  # the rest is for one thread against all, of which a first step tells little
_SHORT = 4  # how many times as short turns tell whether recording, which saves much or nothing, is worth it
_TURNS_BESIDE = 7  # beside other programs, which disturb some turns
_WORTH = 0.85
"""The share of one thread's seconds in which a step of all threads is chosen beside other programs."""
_MORE = 1.5  # times as many images as another number are about as many
_FEWEST = 4  # images of which the seconds, beside those of one, tell a share per image


@dataclass(frozen=True)
class Rehearsed:
    """What is rehearsed.

    Attributes:
        step: the training's own step, which stays as it is.
        choices: the training's choices.
        images: images per forward pass.
        batch: returns that many of the training's images with their labels.
    """

    step: TrainingStep
    choices: Choices
    images: int
    batch: Callable[[int], Batch]


class Rehearsal:
    """Steps of a copy of a training's network on a CPU, timed on few images. No global state changes.

    Nothing more is timed after `BUDGET` seconds of computing.

    Args:
        rehearsed: what is rehearsed.
    """

    def __init__(self, rehearsed: Rehearsed) -> None:
        self._rehearsed, self._began = rehearsed, spent()
        self._deadline = self._began + BUDGET
        self._plain = default_tuning(rehearsed.choices.precision, rehearsed.step.device)
        self._few = min(2, rehearsed.images)
        self._repeated: list[float] = []
        self._step = copied(rehearsed, self._plain)
        with convolutions_seen() as seen:
            self._seconds(self._plain, self._few)
        self._seen = {
            computed.shape: computed for computed in seen
        }.values()  # recomputed ones are seen twice

    def step_seconds(self) -> float:
        """Return about how many seconds a step by the default tuning takes; it is less rather than more."""
        one, few = self._seconds(self._plain, 1), self._seconds(self._plain, self._few)
        return few + max(few - one, 0.0) * (self._rehearsed.images - self._few)

    @property
    def steady(self) -> bool:
        """Whether nine repeated steps in ten took under `WIDEST_SPREAD` times the fastest of their kind."""
        return not self._repeated or float(np.percentile(self._repeated, 90)) < WIDEST_SPREAD

    def fastest(self) -> Tuning:
        """Return the tuning with which a step takes the least time, as far as that was measured.

        First each convolution's forms are chosen, in float32 and, where the precision is "auto" and the
        processor has instructions for it, in bfloat16. Then whole steps with them take turns: recorded and
        not, and those with the default forms and with the other library of products. What is not clearly
        faster than what is tried before it is not chosen, and neither are all threads if they are not clearly
        faster than one: beside other programs they would wait for each other.
        """
        self._deadline = self._began + _BEFORE_THREADS * BUDGET
        times = self._form_times(self._began + _FORMS_SHARE * BUDGET)
        found = _with_forms(times, self._plain.precision) or _Formed(self._plain, 0.0, 0.0)
        images = self._images_of_a_turn()
        # one after the other, as in a training, which finds threads awake and other weights in the cache
        steps = self._steps_of_a_turn(self._plain, images)
        halves = self._rehearsed.choices.precision == "auto" and has_fast_bf16(self._step.device)
        half = _with_forms(times, "bf16") if halves else None
        best = found.tuning
        recorded = self._is_worth_recording(best, images, steps)
        if _rehearsable(best) != best or spent() > self._deadline:  # what was predicted must do
            best = self._in_precision(half, found, images) if half else best
            tried = [best]
        else:
            tried = [each.tuning for each in (found, half) if each]
            if images == self._rehearsed.images:  # the default forms also where forms seemed much too slow
                tried = [self._plain, *([Tuning(precision="bf16")] if halves else []), *tried]
            elif halves and not half:
                tried.append(Tuning(precision="bf16"))
        if has_onednn() and best.precision == "fp32":
            tried.append(best.model_copy(update={"products": "onednn"}))
        best = self._fastest_of(tried, images, steps)
        self._deadline = self._began + BUDGET
        if torch.get_num_threads() > 1 and spent() <= self._deadline:
            best = self._with_threads(best, images)
        return best.model_copy(update={"recorded": recorded})

    def _with_threads(self, best: Tuning, images: int) -> Tuning:
        """Return `best`, where all images' step is clearly faster by all threads, or else for one thread.

        Threads meet about as often in a step of few images as in one of many, which may take longer than
        their work: where there is no time for all images, a share for each is added. Convolutions by DFTs
        are taken in the default forms, of whose products threads save about as much.
        """
        one, most = best.model_copy(update={"threads": 1}), self._rehearsed.images
        tried = [_rehearsable(one), _rehearsable(best)]
        # with more images a share per image is told better: as many as there is time for
        one_image = self._seconds(tried[1], images) / images
        left = (self._deadline - spent()) / (2 * (1 + _TURNS)) / (2 * one_image)
        images = max(images, min(most, int(left)))
        taken = self._warm_seconds(tried, images)
        if 1 < images < most:
            pairs = zip(self._warm_seconds(tried, 1), taken, strict=True)
            taken = [
                a + (b - a) * (most - 1) / (images - 1) if b > a else b * most / images for a, b in pairs
            ]
        return best if taken[1] < CLEARLY * taken[0] else one

    def _warm_seconds(self, tried: Sequence[Tuning], images: int) -> list[float]:
        """Return the seconds of the fastest of some steps by each tuning, after one that warms up."""
        for tuning in tried:
            self._seconds(tuning, images)
        return list(map(min, self._turns(tried, images, self._steps_of_a_turn(tried[1], images))))

    def on_all_threads(self, tuning: Tuning) -> Tuning:
        """Return one thread's tuning for all threads if they are worth it beside the programs that run now.

        Threads wait for one whose core is taken away: what half of the steps take decides, not the fastest.
        """
        images = self._images_of_a_turn()
        several = tuning.model_copy(update={"threads": None})
        turns: list[tuple[float, float]] = []
        while len(turns) <= _TURNS_BESIDE and (spent() <= self._deadline or not turns):
            of_one, of_all = (self._seconds(_rehearsable(each), images) for each in (tuning, several))
            turns.append((of_all, of_one))
        of_all, of_one = (statistics.median(each) for each in zip(*turns[1:] or turns, strict=True))
        return several if of_all < _WORTH * of_one else tuning

    def _form_times(self, deadline: float) -> list[FormTimes]:
        """Return the times of all convolutions, the longest first."""
        dtype = DTYPES[self._plain.precision]
        for _ in range(2):  # the first call chooses kernels and takes memory
            taken = [(sum(seconds(computed, "patches", dtype, 1)), computed) for computed in self._seen]
        few = max(_FEWEST, int(_TURN / (sum(one for one, _ in taken) or _TURN)))
        ordered = sorted(taken, key=lambda pair: pair[0], reverse=True)
        return [FormTimes(computed, self._rehearsed.images, few, deadline) for _, computed in ordered]

    def _images_of_a_turn(self) -> int:
        """Return of how many images a step takes about `_TURN` seconds, at most all.

        A step of few images mostly takes what it takes for any number, as its optimiser does.
        """
        images, most = self._few, self._rehearsed.images
        while images < most and spent() <= self._deadline:
            taken = self._seconds(self._plain, images)
            more = int(images * _TURN / taken)
            if more < _MORE * images:
                return max(images, more)
            images = more if _MORE * more < most else most
        return images

    def _steps_of_a_turn(self, tuning: Tuning, images: int) -> int:
        """Return how many steps of so many images take about `_TURN` seconds, at least one."""
        return max(1, int(_TURN / self._seconds(tuning, images)))

    def _is_worth_recording(self, tuning: Tuning, images: int, steps: int) -> bool:
        """Return whether steps are clearly faster where passes are recorded and replayed.

        That saves the same in each step, whatever else is chosen, and little in long ones: where a turn has a
        single step, nothing is recorded, which would take the memory of all that a pass computes, and the
        time in which threads are compared.
        """
        if images < self._rehearsed.images or steps == 1:
            return False
        recorded = tuning.model_copy(update={"recorded": True})
        self._seconds(recorded, images)
        return self._fastest_of([tuning, recorded], images, max(1, steps // _SHORT)).recorded

    def _in_precision(self, half: "_Formed", full: "_Formed", images: int) -> Tuning:
        """Return the tuning in bfloat16 where all images' step is clearly faster with it, else `full`'s.

        Of few images, a step with DFTs mostly transforms filters: the seconds of the products are predicted
        instead, and those of the rest are what they are in steps without DFTs.
        """
        of_half, of_full = half.seconds, full.seconds
        if spent() <= self._deadline:
            plain, share = Tuning(precision=full.tuning.precision), images / self._rehearsed.images
            halves, fulls = self._turns([Tuning(precision="bf16"), plain], images)
            of_half += max(0.0, min(halves) - half.by_default * share)
            of_full += max(0.0, min(fulls) - full.by_default * share)
        return half.tuning if of_half < CLEARLY * of_full else full.tuning

    def _fastest_of(self, tried: Sequence[Tuning], images: int, steps: int) -> Tuning:
        """Return the tuning with the fastest steps; one that is tried later has to be clearly faster.

        Convolutions by DFTs are taken in the default forms.
        """
        shown: dict[Tuning, Tuning] = {}
        for tuning in tried:
            shown.setdefault(_rehearsable(tuning), tuning)
        if len(shown) == 1 or spent() > self._deadline:
            return tried[0]
        found, *others = shown
        taken = dict(zip(shown, map(min, self._turns(list(shown), images, steps)), strict=False))
        for other in others:
            found = other if taken.get(other, math.inf) < CLEARLY * taken[found] else found
        return shown[found]

    def _turns(self, tried: Sequence[Tuning], images: int, steps: int = 1) -> list[list[float]]:
        """Return the seconds of steps by each tuning, which take turns; those that are much slower leave.

        Where time is up, those beyond the second are left out.
        """
        # the first step chooses kernels and takes memory
        taken: list[list[float]] = []
        for tuning in tried:
            if len(taken) < 2 or spent() <= self._deadline:
                taken.append([self._seconds(tuning, images, steps)])
        for _ in range(_TURNS):
            least = min(map(min, taken))
            left = [row for row, seconds in enumerate(taken) if min(seconds) <= _HOPELESS * least]
            if len(left) < 2 or spent() > self._deadline:
                break
            for row in left:
                taken[row].append(self._seconds(tried[row], images, steps))
        self._repeated += [one / min(seconds) for seconds in taken for one in seconds[1:]]
        return taken

    def _seconds(self, tuning: Tuning, images: int, steps: int = 1) -> float:
        """Return the seconds of one step, the mean over some in a row."""
        shown, labels = self._rehearsed.batch(images)
        self._step.tuning = tuning

        def take() -> None:
            for _ in range(steps):
                self._step.take(shown, labels)

        with torch.random.fork_rng(devices=[]):
            return timed(take)[0] / steps


class _Formed(NamedTuple):
    """A tuning with the fastest forms in a precision.

    Attributes:
        tuning: the tuning.
        seconds, by_default: those of the convolutions (`FastestForms`).
    """

    tuning: Tuning
    seconds: float
    by_default: float


def _with_forms(times: Sequence[FormTimes], precision: Precision) -> _Formed | None:
    """Return a tuning with the fastest forms in a precision; None where one of them is much too slow."""
    convolutions, taken, by_default = [], 0.0, 0.0
    for each in times:
        found = each.fastest(DTYPES[precision])
        if found is None:
            return None
        taken, by_default = taken + found.seconds, by_default + found.by_default
        convolutions += [found.forms] if found.forms.each != DEFAULT_FORMS.each else []
    return _Formed(Tuning(precision=precision, convolutions=tuple(convolutions)), taken, by_default)


def _rehearsable(tuning: Tuning) -> Tuning:
    """Return the tuning without DFTs, whose share per image a step of few images does not tell."""
    kept = tuple(forms for forms in tuning.convolutions if "spectral" not in forms.each)
    return tuning.model_copy(update={"convolutions": kept})


def copied(rehearsed: Rehearsed, tuning: Tuning) -> TrainingStep:
    """Return a step that trains a copy of the network, with an optimiser of its own."""
    step, choices = rehearsed.step, rehearsed.choices
    network, head = copy.deepcopy((step.network, step.head))
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    rate = rate_tensor(step.device)
    scaling = GradientScaling(step.device) if tuning.precision == "fp16" else None
    optimizer = build_optimizer(trained, choices, rate)
    copied = TrainingStep(network, optimizer, rate, step.device, tuning, choices.loss, scaling)
    copied.head = head
    network.train()
    return copied
