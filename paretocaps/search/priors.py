"""Priors: where a study expects good values, which guides its first points and is then forgotten."""

import math

from paretocaps.domain.space import Parameter

FIRST = 0.75
"""The share of the first point's choices that are drawn near their priors."""
HALVED = 10
"""After how many points that share is half of it."""
REACH = 0.25
"""How far from its prior a value is drawn at most, as a share of the (logarithmic) range."""


def trust(point: int) -> float:
    """Return the probability that a choice of the point with this number, from 0, is drawn near its prior."""
    return FIRST / (1.0 + point / HALVED)


def guided(parameter: Parameter, share: float, trust: float) -> float:
    """Return the fraction of a choice's range, in [0, 1), at which to draw it, from an even `share`.

    Even shares become a mixture: `trust` of them lie around the prior with a triangular density, the others
    are even. A listed value that is the prior has all of `trust`. Shares stay in order within each part, so
    that points of a Sobol sequence stay spread. Without a prior the share stays as it is.
    """
    if parameter.prior is None:
        return share
    if share >= trust:
        return (share - trust) / (1.0 - trust)
    low, peak, high = _around(parameter)
    return min(_triangular(share / trust, low, peak, high), math.nextafter(1.0, 0.0))


def _around(parameter: Parameter) -> tuple[float, float, float]:
    """Return the lowest, the likeliest and the highest fraction of the range near the prior."""
    if parameter.values:
        place = (parameter.values.index(parameter.prior) + 0.5) / len(parameter.values)
        return place, place, place
    low, high, prior = (float(value or 0) for value in (parameter.low, parameter.high, parameter.prior))
    if parameter.log:
        low, high, prior = math.log(low), math.log(high), math.log(prior)
    place = (prior - low) / (high - low)
    return max(0.0, place - REACH), place, min(1.0, place + REACH)


def _triangular(share: float, low: float, peak: float, high: float) -> float:
    """Return the quantile of the triangular distribution."""
    width = high - low
    if width == 0.0:
        return peak
    if share * width < peak - low:
        return low + math.sqrt(share * width * (peak - low))
    return high - math.sqrt((1.0 - share) * width * (high - peak))
