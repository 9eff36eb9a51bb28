"""The spaces of the built-in trainer that a study can name, without torch."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from paretocaps.domain.space import Space

_Table = Mapping[str, Any]

_STACKS = ["residual_caps", "momentum_caps"]
_PLAIN_STEM = ["capsnet", *_STACKS]
_OF_CAPSULES = [*_PLAIN_STEM, "alexnet_caps", "resnet_caps"]

_RATES: _Table = {
    "lr_max": {"low": 3e-4, "high": 1e-2, "log": True},
    "lr_floor": {
        "low": 0.01,
        "high": 0.3,
        "log": True,
        "when": {"lr_policy": ["one_cycle", "warm_restarts"]},
    },
}
_POLICY: _Table = {
    "lr_policy": ["fixed", "exponential", "one_cycle", "warm_restarts", "step_decay", "epoch_decay"],
    "cycle": {"values": ["epoch", "phase"], "when": {"lr_policy": "warm_restarts"}},
}
_BATCHES: _Table = {
    "batch_schedule": ["constant", "adabatch"],
    "batch_size": {"values": [16, 32, 64, 128], "when": {"batch_schedule": "constant"}},
    "first_batch": {"values": [1, 4, 8], "when": {"batch_schedule": "adabatch"}},
    "adabatch_p": {"values": [4, 5, 6], "when": {"batch_schedule": "adabatch"}},
    "growth": {"values": ["doubling", "once"], "when": {"batch_schedule": "adabatch"}},
}
_SIZE: _Table = {
    "weight_sharing": [False, True],
    "decoder": ["full", "reduced", "none"],
    "pruning_ratio": [0.0, 0.25, 0.5, 0.75],
}
_STEPS: _Table = {
    "optimizer": ["adam", "adamw"],
    "weight_decay": {"low": 1e-4, "high": 1e-1, "log": True, "when": {"optimizer": "adamw"}},
    "augment": ["none", "shift", "rotate"],
}
_ITERATIONS: _Table = {"routing_iterations": [1, 2, 3]}
_TRAINING: _Table = {**_POLICY, **_RATES, **_BATCHES, **_STEPS, **_ITERATIONS, **_SIZE}
_LAYERS: _Table = {
    "stem_convolutions": [1, 2],
    "primary_capsules": [8, 16, 32],
    "routing": ["rba", "sda", "em"],
}
_FAMILY: _Table = {
    "family": [*_OF_CAPSULES, "lenet5"],
    "blocks": {"low": 1, "high": 4, "when": {"family": _STACKS}},
    "capsules": {"values": [32, 64], "when": {"family": _STACKS}},
    "gamma": {"low": 0.1, "high": 0.9, "step": 0.1, "when": {"family": "momentum_caps"}},
}


def _where(family: list[str], table: _Table) -> dict[str, Any]:
    """Return the choices of a table, sampled for some families only."""
    return {
        name: {**(entry if isinstance(entry, Mapping) else {"values": entry}), "when": {"family": family}}
        for name, entry in table.items()
    }


PAPERS = Space.parse({**_POLICY, **_BATCHES, **_SIZE})
"""What the papers compare: policies, batch schedules, weight sharing, decoders and pruning, at the learning
rates of X-TrainCaps."""

TRAINING = Space.parse(_TRAINING)
"""What decides how a capsule network is trained: the papers' choices, and learning rates, optimiser, weight
decay, augmentation and routing iterations."""

ARCHITECTURE = Space.parse(
    {
        "blocks": {"low": 0, "high": 4},
        "capsules": {"values": [32, 64], "when": {"blocks": {"above": 0}}},
        **_LAYERS,
        **_ITERATIONS,
        **_SIZE,
        "lr_max": _RATES["lr_max"],
    }
)
"""What decides which capsule network is trained, and the learning rate, which depends on it."""

BY_FAMILY = Space.parse(
    {
        **_FAMILY,
        **_POLICY,
        **_RATES,
        "batch_size": [16, 32, 64, 128],
        **_where(_OF_CAPSULES, {**_ITERATIONS, **_SIZE}),
    }
)
"""The families of networks, each with the choices that matter most. Backbones are left out: they need images
of 32 pixels, and mostly a checkpoint."""

ALL = Space.parse(
    {
        **_FAMILY,
        **_POLICY,
        **_RATES,
        **_BATCHES,
        **_STEPS,
        **_where(_OF_CAPSULES, {**_ITERATIONS, **_SIZE}),
        **_where(_PLAIN_STEM, {"stem_convolutions": _LAYERS["stem_convolutions"]}),
        **_where(_OF_CAPSULES, {name: _LAYERS[name] for name in ("primary_capsules", "routing")}),
    }
)
"""The choices of all other spaces."""

SPACES: Mapping[str, Space] = MappingProxyType(
    {
        "papers": PAPERS,
        "training": TRAINING,
        "architecture": ARCHITECTURE,
        "families": BY_FAMILY,
        "all": ALL,
    }
)
"""The spaces by name."""
