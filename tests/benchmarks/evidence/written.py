"""The written problem of the protocol (docs/evidence.md): a conditional space with a computed front."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from evidence.table import Matrix, Played, Table, nondominated, played

from paretocaps.domain.space import Parameter, Space, holds

SPACE = Space.parse(
    {
        "family": ["plain", "residual", "hybrid"],
        "blocks": {"low": 1, "high": 8, "when": {"family": "residual"}},
        "trunk": {"values": ["small", "medium", "large"], "when": {"family": "hybrid"}},
        "sharing": {"values": [False, True], "when": {"family": ["plain", "residual"]}},
        "width": {"low": 8, "high": 64, "step": 8},
        "decoder": ["full", "reduced", "none"],
        "pruning": {"low": 0.0, "high": 0.9, "step": 0.1},
        "lr": {"low": -4.0, "high": -2.0, "step": 0.1},
        "policy": ["fixed", "exponential", "one_cycle", "restarts"],
        "decay": {"values": [0.7, 0.9, 0.97], "when": {"policy": "exponential"}},
        "cycle": {"values": ["epoch", "phase"], "when": {"policy": "restarts"}},
        "schedule": ["constant", "growing"],
        "batch": {"values": [16, 32, 64, 128, 256], "when": {"schedule": "constant"}},
        "growth": {"values": ["doubling", "once"], "when": {"schedule": "growing"}},
    }
)
_FIRST = {"family": "plain", "sharing": False, "width": 32, "decoder": "full", "pruning": 0.0, "lr": -3.0}
_FIRST |= {"policy": "fixed", "schedule": "constant", "batch": 128}
_GROWING = {"schedule": "growing", "batch": None}


def _changed(**choices: Any) -> dict[str, Any]:
    return {name: value for name, value in {**_FIRST, **choices}.items() if value is not None}


_LIGHT = {"sharing": True, "decoder": "reduced"}
_ADAPTED = {"policy": "restarts", "cycle": "phase", **_GROWING, "growth": "once"}
DESIGNS = {
    "first": _changed(),
    "exponential": _changed(policy="exponential", decay=0.9),
    "one_cycle": _changed(policy="one_cycle"),
    "restarts": _changed(policy="restarts", cycle="epoch"),
    "growing": _changed(**_GROWING, growth="doubling"),
    "light": _changed(**_LIGHT),
    "adapted": _changed(**_ADAPTED),
    "light_adapted": _changed(**_LIGHT, **_ADAPTED),
}
_TRUNKS = {"small": 2.0, "medium": 5.0, "large": 12.0}
_DECODERS = {"full": (4e5, 1.2, 0.0), "reduced": (1e5, 1.05, 0.004), "none": (0.0, 1.0, 0.008)}
"""Parameters, factor of the seconds, and error of each decoder."""
_POLICIES = {"fixed": (0.0, 0.012), "exponential": (0.0, 0.012), "one_cycle": (0.3, 0.004)}
_CYCLES = {"epoch": (0.15, 0.008), "phase": (0.15, 0.003)}
"""Shift of the best learning rate, and error."""
_NOISE = 0.002, 0.03
_SHARED_ERROR = 0.006
_HOOKS = {"course": "evidence.written:course", "forecast": "evidence.written:forecasting"}


def truth(choices: Mapping[str, Any], epochs: int) -> tuple[Any, Any, Any]:
    """Return accuracy, seconds and parameters; `width`, `pruning` and `lr` may be arrays."""
    width, pruning = choices["width"], choices["pruning"]
    blocks, shared = choices.get("blocks", 0), bool(choices.get("sharing", False))
    size = _TRUNKS[choices["trunk"]] if "trunk" in choices else 1 + 0.5 * blocks
    params, slower, undecoded = _DECODERS[choices["decoder"]]
    capacity = np.log2(width / 8) / 3
    batch = choices.get("batch", 64)
    if choices["schedule"] == "constant":
        load = 1 + 60 / batch
    else:
        load = 1.9 if choices["growth"] == "doubling" else 1.45
    shift, policy_error = _policy(choices)
    best = -3 + shift + 0.12 * np.log2(batch / 64) - 0.05 * blocks
    kept = (
        1 - 0.25 * np.exp(-2 * capacity - 0.9 * np.log(size)),
        np.exp(-(((choices["lr"] - best) / 0.6) ** 2) / 4),
        1 - 0.2 * np.maximum(0, pruning - (0.2 + 0.5 * capacity - 0.2 * shared)) ** 1.5,
        1 - policy_error,
        1 - undecoded - _SHARED_ERROR * shared,
    )
    acc = 0.995 * kept[0] * kept[1] * kept[2] * kept[3] * kept[4]
    family, sharing = 1.3 if "trunk" in choices else 1.0, 0.85 if shared else 1.0
    seconds = 2 * size * (width / 8) * (1 - 0.8 * pruning) * family * load * sharing * slower
    own = 20_000 * size * (width / 8) ** 1.5 * (1 - 0.9 * pruning) * (0.4 if shared else 1.0)
    return acc, epochs * seconds, own + params


def _policy(choices: Mapping[str, Any]) -> tuple[float, float]:
    policy = choices["policy"]
    if policy == "restarts":
        return _CYCLES[choices["cycle"]]
    shift, error = _POLICIES[policy]
    if policy == "exponential":
        error -= 0.01 * float(np.exp(-(((choices["decay"] - 0.9) / 0.1) ** 2)))
    return shift, error


def _late(choices: Mapping[str, Any]) -> str:
    """Return the schedule whose accuracy comes late, or an empty text."""
    return "one_cycle" if choices["policy"] == "one_cycle" else "phase" * (choices.get("cycle") == "phase")


def course(choices: Mapping[str, Any], epochs: int, facts: Any) -> Any:
    """Return the course of a training (the `Courses` protocol)."""
    from paretocaps.domain.course import Course  # versions before early stopping have none

    return Course(_late(choices))


def forecasting(data: Any, epochs: int, ranks: int) -> Any:
    """Return the forecasts of trainings (the `Forecasting` protocol): their parameters."""
    from paretocaps.domain.forecast import Forecast

    return lambda choices: Forecast(exact={"params": round(float(truth(choices, epochs)[2]))})


class Written(Table):
    """The problem as a table of all of its points."""

    def __init__(self, epochs: int = 9) -> None:
        super().__init__("written", SPACE, epochs, ("acc", "time", "params"), DESIGNS, _HOOKS, seeds=10)

    def key(self, choices: Mapping[str, Any]) -> str:
        """Return the choices that the space has, in its order, as JSON."""
        values = (choices.get(parameter.name) for parameter in self.space)
        return json.dumps([round(value, 6) if isinstance(value, float) else value for value in values])

    def played(self, choices: Mapping[str, Any], seed: int) -> Played:
        """Return the curve with the noise of the seed."""
        acc, seconds, params = truth(choices, 1)
        digest = hashlib.sha256(f"{self.key(choices)} {seed}".encode()).digest()
        noise = np.random.default_rng(int.from_bytes(digest[:8], "big")).standard_normal(2)
        share = (np.arange(1, self.epochs + 1) / self.epochs) ** (1.7 if _late(choices) else 1.0)
        curve = 0.1 + (acc - 0.1) * (1 - np.exp(-4 * share)) / (1 - np.exp(-4)) + _NOISE[0] * noise[0]
        each = float(seconds * np.exp(_NOISE[1] * noise[1]))
        return played(np.clip(curve, 0, 1).tolist(), [each] * self.epochs, round(float(params)))

    def truth(self, choices: Mapping[str, Any]) -> tuple[float, float, float]:
        """Return the values without noise."""
        acc, seconds, params = truth(choices, self.epochs)
        return float(acc), float(seconds), round(float(params))

    def fronts(self) -> Iterator[tuple[list[str], Matrix]]:
        """Yield all points, those with the same listed choices together."""
        ranged = ("width", "pruning", "lr")
        values = {parameter.name: parameter.points() or () for parameter in self.space}
        grid = np.array(list(product(*(values[name] for name in ranged))))
        arrays = dict(zip(ranged, grid.T, strict=True))
        listed = Space(tuple(one for one in self.space if one.name not in ranged))
        for given in _listed(listed.parameters, {}):
            found = np.stack(np.broadcast_arrays(*truth({**given, **arrays}, self.epochs)), axis=1)
            found[:, 2] = np.round(found[:, 2])
            costs = self.costs(found)
            kept = nondominated(costs)
            points = ({**given, **dict(zip(ranged, grid[row].tolist(), strict=True))} for row in kept)
            names = [self.key({**point, "width": int(point["width"])}) for point in points]
            yield names, costs[kept]


def _listed(waiting: Sequence[Parameter], given: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the choices of every point of listed parameters; `Space.listed` goes through all combinations."""
    if not waiting:
        yield given
        return
    first, *rest = waiting
    if not holds(first.when, given):
        yield from _listed(rest, given)
        return
    for value in first.points() or ():
        yield from _listed(rest, {**given, first.name: value})
