"""Predefined sequences of the points of a space."""

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

import numpy as np

from paretocaps.domain.space import Parameter, Scalar, Space, holds
from paretocaps.search.priors import guided, trust

Sequence = Callable[[Space, Mapping[str, Any], int], Iterator[dict[str, Scalar]]]
"""Yields points from (space, fixed choices, seed)."""


def grid(space: Space, fix: Mapping[str, Any], seed: int) -> Iterator[dict[str, Scalar]]:
    """Yield every point of a finite space once, in an order shuffled by `seed`.

    Raises:
        UsageError: a range is continuous.
    """
    points = list(space.listed(fix))
    return (points[index] for index in np.random.default_rng(seed).permutation(len(points)))


def sobol(space: Space, fix: Mapping[str, Any], seed: int) -> Iterator[dict[str, Scalar]]:
    """Yield the points of a scrambled Sobol sequence over the space, one dimension per choice.

    Optuna's own QMC sampler chooses categorical values, which are most choices of a capsule network, at
    random. Here every choice, also a categorical or conditional one, has a dimension of the sequence. The
    first points lie near the priors of the choices that have one.
    """
    from scipy.stats import qmc  # only this sampler needs it, and it takes half of the driver's start-up

    engine = qmc.Sobol(max(len(space.parameters), 1), scramble=True, seed=np.random.default_rng(seed))
    for number in count():
        if number % 64 == 0:
            points = engine.random_base2(6) if number == 0 else engine.random(64)
        sampled: dict[str, Scalar] = {}
        for parameter, share in zip(space, points[number % 64], strict=False):
            if holds(parameter.when, {**fix, **sampled}):
                sampled[parameter.name] = value_at(parameter, guided(parameter, float(share), trust(number)))
        yield sampled


def value_at(parameter: Parameter, share: float) -> Scalar:
    """Return the value of `parameter` at the fraction `share` of its range, in [0, 1)."""
    points = parameter.points() if not parameter.log else None
    if points is not None:
        return points[int(share * len(points))]
    low, high = float(parameter.low or 0), float(parameter.high or 0)
    if parameter.step and not parameter.log:  # too many points to be listed
        count = int((high - low) / parameter.step + 1e-9) + 1
        value = low + parameter.step * min(count - 1, int(share * count))
    else:
        value = low * (high / low) ** share if parameter.log else low + (high - low) * share
    return round(value) if parameter.is_integer else value
