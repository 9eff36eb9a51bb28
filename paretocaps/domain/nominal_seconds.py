"""About how many seconds the work of a training takes, before any of it was measured."""

from collections.abc import Sequence

from paretocaps.domain.forecast import EpochForecast

_RATES = {
    "step": 1.7e-3,
    "images": 8.0e-5,
    "params": 5.4e-9,
    "trunk": 1.0e-10,
    "primary": 2.1e-11,
    "hidden": 3.0e-10,
    "class": 2.0e-9,
    "routing": 6.0e-10,
    "decoder": 3.9e-9,
}
"""Seconds of one core for each unit of work of a training step, fitted to the steps of 17 networks."""


def nominal_seconds(epochs: Sequence[EpochForecast]) -> float:
    """Return about how many seconds a training takes on one core of an ordinary processor."""
    return sum(
        epoch.steps * sum(_RATES.get(kind, 0.0) * amount for kind, amount in epoch.work.items())
        for epoch in epochs
    )
