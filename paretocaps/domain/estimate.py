"""An estimate: a quantity's mean over the trained seeds, with its standard deviation and 95 % interval."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import cos, inf, pi, sin, sqrt, tan
from typing import Literal

Images = Literal["", "validation", "test"]
"""The images of which a quantity is a share; empty for a quantity that is no share of images."""

CONFIDENCE = 0.95
_Z = statistics.NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


@dataclass(frozen=True)
class Estimate:
    """The mean of a quantity over the seeds of a trial, and how precisely it is known.

    Attributes:
        value: the mean over the seeds; None where a seed lacks the quantity (it never reached an accuracy,
            say), because a mean over fewer seeds would look like one over all.
        n: the number of seeds that have the quantity.
        sd: the sample standard deviation over the seeds (divisor n - 1); None for one seed.
        low, high: the ends of the 95 % interval of the value; None where there is none.
    """

    value: float | None
    n: int
    sd: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def half_width(self) -> float | None:
        """The distance of the value from the farther end of its interval; None where there is none."""
        if self.value is None or self.low is None or self.high is None:
            return None
        return max(self.high - self.value, self.value - self.low)

    def columns(self, name: str) -> dict[str, float | None]:
        """Return the value and what belongs to it under flat keys: acc, acc_sd, acc_low, acc_high."""
        spread = {f"{name}_sd": self.sd, f"{name}_low": self.low, f"{name}_high": self.high}
        return {name: self.value} | spread


def over_seeds(
    values: Sequence[float | None], *, share: bool = False, images: int | None = None, signed: bool = False
) -> Estimate:
    """Return the estimate of a quantity from the values of one or more seeds, None where one lacks it.

    The other arguments are those of `estimated`.
    """
    found = [value for value in values if value is not None]
    if len(found) < len(values) or not found:
        return Estimate(None, len(found))
    sd = statistics.stdev(found) if len(found) > 1 else None
    return estimated(statistics.mean(found), len(found), sd, share=share, images=images, signed=signed)


def estimated(
    mean: float,
    n: int,
    sd: float | None,
    *,
    share: bool = False,
    images: int | None = None,
    signed: bool = False,
) -> Estimate:
    """Return the estimate with a 95 % interval, if there is one.

    Over several seeds it is the t interval of their mean. It covers how seeds differ, with the same images.
    For one seed, only a share of images has one: the Wilson interval of that many images, which covers how
    draws of images differ, with the same network. So has a share in which all seeds agree, where the
    images are known: that they do does not say that another one would. An interval does not leave the
    values that are possible: its ends are cut at 0 and 1 for a share, and at 0 for any other quantity that
    is not `signed`.

    Args:
        mean: the mean over the seeds.
        n: the number of seeds, at least 1.
        sd: the sample standard deviation over several seeds.
        share: whether the quantity is a share of images, 0 to 1.
        images: the number of these images; None where it was not recorded.
        signed: whether the quantity may be below zero; a mean below zero shows that it may.
    """
    if n == 1 or (share and images and sd == 0):
        if not share or not images:
            return Estimate(mean, n, sd)
        return Estimate(mean, n, sd, *wilson_interval(mean, images))
    assert sd is not None
    low, high = t_interval(mean, sd, n)
    if not (signed or mean < 0):
        low = max(low, 0.0)
    return Estimate(mean, n, sd, low, min(high, 1.0 if share else inf))


def t_interval(mean: float, sd: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of the mean of `n` normal values, by Student's t."""
    half = t_quantile(n - 1) * sd / sqrt(n)
    return mean - half, mean + half


def wilson_interval(share: float, images: int) -> tuple[float, float]:
    """Return the 95 % score interval of a probability (Wilson 1927).

    For the mean of values between 0 and 1 that are not all 0 or 1, such as an image's mean accuracy over
    transforms, it is wide enough, because their variance is at most share * (1 - share).

    Args:
        share: the observed share of successes, 0 to 1.
        images: the number of independent trials.
    """
    z2 = _Z * _Z / images
    centre = (share + z2 / 2) / (1 + z2)
    half = sqrt(share * (1 - share) * z2 + z2 * z2 / 4) / (1 + z2)
    # at 0 and 1 an end is the share itself, which rounding would miss
    return max(min(centre - half, share), 0.0), min(max(centre + half, share), 1.0)


@cache
def t_quantile(df: int) -> float:
    """Return the 97.5 % quantile of Student's t with `df` degrees of freedom, at least 1.

    It is computed here because importing scipy takes longer than showing a front.
    """
    low, high = 0.0, pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if _probability(middle, df) > CONFIDENCE else (middle, high)
    return sqrt(df) * tan(low)


def _probability(angle: float, df: int) -> float:
    """Return P(|t| < sqrt(df) tan(angle)) (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4)."""
    odd = df % 2
    term = cos(angle) if odd else 1.0
    total = 0.0 if df == 1 else term
    for k in range(2 + odd, df, 2):
        term *= (k - 1) / k * cos(angle) ** 2
        total += term
    return 2 / pi * (angle + sin(angle) * total) if odd else sin(angle) * total
