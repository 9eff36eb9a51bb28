"""Uses what is experimental in Optuna without its warning."""

import warnings
from collections.abc import Callable
from typing import TypeVar

import optuna

Made = TypeVar("Made")


def quietly(make: Callable[[], Made]) -> Made:
    """Return what `make` makes; Optuna does not warn that a part of it is experimental."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return make()
