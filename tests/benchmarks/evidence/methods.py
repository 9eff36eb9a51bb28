"""The methods of the protocol (docs/evidence.md): samplers of Optuna, and this package with given options."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.samplers import BaseSampler, NSGAIISampler, RandomSampler, TPESampler

BEFORE = "a2b9208"
"""The commit of this package that `before` runs."""
_ALONE = {"designs": ()}
_ALL = {"stop_early": "none"}
RULES = ("none", "rungs", "curves")


@dataclass(frozen=True)
class Method:
    """How a run proposes and stops trainings.

    Attributes:
        stock: makes a sampler of Optuna from a seed; None for this package.
        options: what a study of this package is given beside the table.
        commit: the version of this package that is run; "" for the one at hand.
        constants: constants of this package that have another value, as "search/start.py:START".
        trials: how many trials a run has.
        designed: whether it differs from others only on tables with designs.
        warm: whether it starts from a study of the table's source (`tables.SOURCES`), which has 100 trials.
        confirmed: whether the front is confirmed then, with the training time of so many mean trainings.
    """

    stock: Callable[[int], BaseSampler] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    commit: str = ""
    constants: Mapping[str, str] = field(default_factory=dict)
    trials: int = 200
    designed: bool = False
    warm: bool = False
    confirmed: int = 0


def _plain(seed: int) -> BaseSampler:
    return TPESampler(seed=seed)


def _random(seed: int) -> BaseSampler:
    return RandomSampler(seed=seed)


def _nsga2(seed: int) -> BaseSampler:
    return NSGAIISampler(seed=seed)


TRIAL_FOR_TRIAL: Mapping[str, Method] = {
    "plain": Method(_plain),
    "random": Method(_random),
    "nsga2": Method(_nsga2),
    "before": Method(options=_ALONE, commit=BEFORE),
    "before, designs": Method(commit=BEFORE, designed=True),
    "default": Method(options=_ALONE | _ALL),
    "default, designs": Method(options=_ALL, designed=True),
    "tpe": Method(options=_ALONE | _ALL | {"sampler": "tpe"}),
    "forest": Method(options=_ALONE | _ALL | {"sampler": "forest"}),
    "portfolio": Method(options=_ALONE | _ALL | {"sampler": "portfolio"}),
}
EQUAL_TIME: Mapping[str, Method] = {
    **{f"default, {rule}": Method(options={"stop_early": rule}) for rule in RULES},
    **{
        f"random, {rule}": Method(options=_ALONE | {"stop_early": rule, "sampler": "random"})
        for rule in RULES
    },
}
CONFIRM: Mapping[str, Method] = {
    "confirm": Method(options=_ALONE | _ALL | {"reject": False}, trials=100, confirmed=20)
}
_TOLD, _START, _DRAWN, _LEAST = (
    "search/stopping/told.py:TOLD",
    "search/start.py:START",
    "search/start.py:DRAWN",
    "search/stopping/rungs.py:LEAST",
)
DEFAULTS: Mapping[str, Method] = {
    **{f"start {count}": Method(options=_ALONE | _ALL, constants={_START: str(count)}) for count in (5, 20)},
    **{f"drawn {count}": Method(options=_ALONE | _ALL, constants={_DRAWN: str(count)}) for count in (1, 8)},
    **{
        f"rungs, told {told}": Method(options={"stop_early": "rungs"}, constants={_TOLD: repr(told)})
        for told in ("values", "extrapolated")
    },
    "rungs, least 8": Method(options={"stop_early": "rungs"}, constants={_LEAST: "8"}),
}
"""What defaults are decided by, beside `default` and `default, rungs`: constants with other values."""
WARM: Mapping[str, Method] = {"warm": Method(options=_ALONE | _ALL, trials=100, warm=True)}
PARTS = {
    "trials": TRIAL_FOR_TRIAL,
    "time": EQUAL_TIME,
    "confirm": CONFIRM,
    "warm": WARM,
    "defaults": DEFAULTS,
}
METHODS = {name: method for part in PARTS.values() for name, method in part.items()}


def make_stock(method: Method, seed: int, objectives: tuple[str, ...]) -> optuna.Study:
    """Return a study in memory with the method's sampler of Optuna."""
    assert method.stock is not None
    directions = ["maximize" if name == "acc" else "minimize" for name in objectives]
    return optuna.create_study(directions=directions, sampler=method.stock(seed))
