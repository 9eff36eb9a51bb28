"""Times a convolution's three products in each form, on few images, and predicts their seconds for many."""

import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

from paretocaps.domain.tuning import ConvolutionShape, ConvolutionTuning, Form, Tuning
from paretocaps.models.convolution import convolution
from paretocaps.models.products import has_onednn
from paretocaps.models.spectral import needs_less
from paretocaps.models.tuned import Computed, using
from paretocaps.training.precision import autocast

_CPU = torch.device("cpu")
_PRODUCTS = ("outputs", "image_gradient", "filter_gradient")
_HOPELESS = 1.3
"""How many times slower than another a number format may be on few images and still be timed in all forms."""
_LONG = 0.1
"""Seconds of a timing that is not repeated."""
_SAVES = 0.25
"""Seconds of all images' products, from which `spectral`, which may save most of them, is always timed."""
_MORE = 4
"""How many times as many images are timed where a fixed share is apart from a small one per image."""
CLEARLY = 0.97
"""The share of the seconds of what was tried before it that a way needs to be chosen in its place."""

T = TypeVar("T")


class FastestForms(NamedTuple):
    """The forms of a convolution's three products that take the least time in a number format.

    Attributes:
        forms: the forms.
        seconds: what the products are predicted to take in them, for all images.
        by_default: the same in the default forms.
    """

    forms: ConvolutionTuning
    seconds: float
    by_default: float


Seconds = tuple[float, float, float]
"""The seconds of outputs, image gradient and filter gradient; 0 for a gradient that nothing needs."""


class FormTimes:
    """Times the forms of one convolution.

    The seconds for all images are predicted from those for a few. They are proportional to the number of
    images, except where filters are transformed (the form `spectral`) or converted (another dtype than
    float32): that takes a fixed share, which the seconds for one image tell, beside those for several times
    as many images.

    Args:
        computed: the convolution.
        images: images per forward pass.
        few: how many images are timed at most.
        deadline: what `spent` returns when no further form is to be timed, but for `spectral` where the
            products are long.
    """

    def __init__(self, computed: Computed, images: int, few: int, deadline: float) -> None:
        self._computed, self._images, self._few = computed, images, min(images, few)
        self._deadline, self._least = deadline, float("inf")

    def fastest(self, dtype: torch.dtype) -> FastestForms | None:
        """Return the fastest form of each product in `dtype`.

        Returns None where forms in an earlier dtype were so much faster that this one is not worth timing.
        """
        first, *others = _forms(self._computed.shape, dtype, self._images)
        one, few = self._one(first, dtype, 0.0), self._several(first, dtype)
        an_image = sum(few) / self._count(first, dtype)
        if an_image > _HOPELESS * self._least:
            return None
        self._least = min(self._least, an_image)
        best = [(taken, first) for taken in self._predicted(first, dtype, one, few)]
        by_default = sum(taken for taken, _ in best)
        for form in others:
            limit = sum(taken for taken, _ in best)
            if spent() > self._deadline and not (form == "spectral" and limit > _SAVES):
                continue
            one = self._one(form, dtype, limit)
            if sum(one) > limit:
                continue  # as it takes no less for more images
            found = self._predicted(form, dtype, one, self._several(form, dtype))
            best = [
                (taken, form) if taken < CLEARLY * before[0] else before
                for taken, before in zip(found, best, strict=True)
            ]
        forms = {name: form for name, (_, form) in zip(_PRODUCTS, best, strict=True)}
        tuning = ConvolutionTuning.model_validate({"shape": self._computed.shape, **forms})
        return FastestForms(tuning, sum(taken for taken, _ in best), by_default)

    def _one(self, form: Form, dtype: torch.dtype, limit: float) -> Seconds:
        """Return the seconds for one image, from a second call where the first was short and may mislead.

        The first one chooses kernels and takes memory. It misleads if it is above `limit`, or if a fixed
        share is to be told from it.
        """
        cold = seconds(self._computed, form, dtype, 1)
        again = sum(cold) < _LONG and (sum(cold) > limit or dtype != torch.float32)
        return seconds(self._computed, form, dtype, 1) if again else cold

    def _several(self, form: Form, dtype: torch.dtype) -> Seconds:
        """Return the seconds for a few images."""
        images = self._count(form, dtype)
        found = seconds(self._computed, form, dtype, images)
        return found if sum(found) > _LONG else _least(found, seconds(self._computed, form, dtype, images))

    def _count(self, form: Form, dtype: torch.dtype) -> int:
        """Return how many images are timed in a form."""
        return min(self._images, self._few * (_MORE if _has_fixed_share(form, dtype) else 1))

    def _predicted(self, form: Form, dtype: torch.dtype, one: Seconds, few: Seconds) -> Seconds:
        """Return the seconds for all images from those for one and for a few."""
        count = self._count(form, dtype)
        further = self._images - count
        shares = [taken / count for taken in few]
        if _has_fixed_share(form, dtype):
            shares = [
                min(share, max(taken - first, 0.0) / max(1, count - 1))
                for share, taken, first in zip(shares, few, one, strict=True)
            ]
        a, b, c = (taken + share * further for taken, share in zip(few, shares, strict=True))
        return a, b, c


def _has_fixed_share(form: Form, dtype: torch.dtype) -> bool:
    """Return whether filters are transformed or converted, which takes the same for any number of images."""
    return form == "spectral" or dtype != torch.float32


def seconds(computed: Computed, form: Form, dtype: torch.dtype, images: int) -> Seconds:
    """Return the seconds of the three products of a convolution in one form, for random images."""
    shape, forms = computed.shape, dict.fromkeys(_PRODUCTS, form)
    tuning = Tuning(convolutions=(ConvolutionTuning.model_validate({"shape": shape, **forms}),))
    shown = _random(torch.empty(images, shape.height, shape.width, shape.channels)).permute(0, 3, 1, 2)
    with using(tuning), autocast(_CPU, dtype):
        outputs, filters = _apart(computed, shown, of_filters=computed.weight.requires_grad)
        if not computed.image_gradient:
            return outputs, 0.0, filters
        again, image = _apart(computed, shown, of_images=True)
    return min(outputs, again), image, filters


def _apart(
    computed: Computed, images: Tensor, *, of_images: bool = False, of_filters: bool = False
) -> tuple[float, float]:
    """Return the seconds of the outputs and of one gradient without the other."""
    shape = computed.shape
    images = images.detach().requires_grad_(of_images)
    weight = computed.weight.detach().requires_grad_(of_filters)
    bias, stride = torch.zeros(shape.filters), (shape.down, shape.across)
    taken, maps = timed(lambda: convolution(images, weight, bias, stride, rectify=computed.rectify))
    if not maps.requires_grad:
        return taken, 0.0
    of, grad = images if of_images else weight, _random(torch.empty_like(maps))
    return taken, timed(lambda: torch.autograd.grad(maps, [of], grad))[0]


def _random(tensor: Tensor) -> Tensor:
    return tensor.uniform_(generator=torch.Generator().manual_seed(0))


def _forms(shape: ConvolutionShape, dtype: torch.dtype, images: int) -> list[Form]:
    """Return the forms that are worth timing in `dtype`, those first that may save most."""
    if dtype != torch.float32:
        return ["patches", "torch"]
    forms: list[Form | None] = [
        "patches",
        "spectral" if needs_less(shape, images) else None,
        "onednn" if has_onednn() else None,
        "torch",
    ]
    return [form for form in forms if form]


def spent() -> float:
    """Return the seconds that each of this process's threads has computed, which load does not lengthen."""
    return time.process_time() / torch.get_num_threads()


def timed(call: Callable[[], T]) -> tuple[float, T]:
    """Return the seconds of a call and its result.

    Where one thread computes, they are seconds of the processor, which other processes hardly disturb.
    """
    clock = time.thread_time if torch.get_num_threads() == 1 else time.perf_counter
    began = clock()
    result = call()
    return clock() - began, result


def _least(one: Seconds, other: Seconds) -> Seconds:
    a, b, c = map(min, one, other)
    return a, b, c
