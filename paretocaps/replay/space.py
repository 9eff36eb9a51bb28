"""The space that the recorded designs were drawn from."""

from typing import Any

from paretocaps.domain.space import Space

_CAPSULES = ("capsnet", "residual_caps", "momentum_caps")

TABLE: dict[str, Any] = {
    "family": [*_CAPSULES, "lenet5"],
    "lr_policy": [
        *("fixed", "exponential", "one_cycle", "warm_restarts", "step_decay", "epoch_decay"),
        "explore_exploit",
    ],
    "cycle": {"values": ["epoch", "phase"], "when": {"lr_policy": "warm_restarts"}},
    "lr_max": {"low": 3e-4, "high": 1e-2, "log": True},
    "lr_min": {
        "low": 1e-7,
        "high": 1e-2,
        "log": True,
        "when": {"lr_policy": ["one_cycle", "warm_restarts", "explore_exploit"]},
    },
    "optimizer": ["adam", "adamw"],
    "weight_decay": {"low": 1e-4, "high": 1e-1, "log": True, "when": {"optimizer": "adamw"}},
    "batch_schedule": ["constant", "adabatch"],
    "batch_size": {"values": [16, 32, 64, 128], "when": {"batch_schedule": "constant"}},
    "first_batch": {"values": [1, 4, 8], "when": {"batch_schedule": "adabatch"}},
    "adabatch_p": {"values": [4, 5, 6], "when": {"batch_schedule": "adabatch"}},
    "augment": ["none", "shift"],
    "growth": {"values": ["doubling", "once"], "when": {"batch_schedule": "adabatch"}},
    "blocks": {"values": [1, 2], "when": {"family": ["residual_caps", "momentum_caps"]}},
    "routing_iterations": {"values": [1, 2, 3], "when": {"family": list(_CAPSULES)}},
    "weight_sharing": {"values": [False, True], "when": {"family": list(_CAPSULES)}},
    "decoder": {"values": ["full", "reduced", "none"], "when": {"family": list(_CAPSULES)}},
    "pruning_ratio": {"values": [0.0, 0.25, 0.5, 0.75], "when": {"family": list(_CAPSULES)}},
    "pruning_start": {
        "values": [0.2, 0.5],
        "when": {"pruning_ratio": [0.25, 0.5, 0.75], "family": list(_CAPSULES)},
    },
}
"""The space as a study file has it. Without meaning for one table are the families that it does not have, and
`growth` in trainings that end before the batch size grows a second time."""

SPACE = Space.parse(TABLE)
