"""The built-in trainer as the driver sees it: choices, spaces, the papers' designs, without torch."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from paretocaps.domain.brought_choices import choices_model
from paretocaps.domain.trainer import TrainerSpec
from paretocaps.training.spaces import SPACES, TRAINING

_CONSTANT = {"batch_schedule": "constant", "batch_size": 128}
_BASELINE = {"lr_policy": "fixed", "lr_max": 1e-3, **_CONSTANT}
_WARM_ADABATCH = {
    "lr_policy": "warm_restarts",
    "cycle": "phase",
    "batch_schedule": "adabatch",
    "growth": "once",
}
_SHARED = {"weight_sharing": True, "decoder": "reduced"}

DESIGNS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "baseline": _BASELINE,
        "exponential": {"lr_policy": "exponential", **_CONSTANT},
        "one_cycle": {"lr_policy": "one_cycle", **_CONSTANT},
        "warm_restarts": {"lr_policy": "warm_restarts", "cycle": "epoch", **_CONSTANT},
        "adabatch": {"lr_policy": "fixed", "batch_schedule": "adabatch", "growth": "doubling"},
        "wab": _WARM_ADABATCH,
        "ws": {**_BASELINE, **_SHARED},
        "wab_ws": {**_WARM_ADABATCH, **_SHARED},
    }
)
"""The named designs of X-TrainCaps and FasTrCaps, each with the choices that define it.

`ws` includes the reduced decoder, as in their figures.
"""

CAPSNET = TrainerSpec(
    name="capsnet",
    choices=choices_model(),
    space=TRAINING,
    spaces=SPACES,
    train="paretocaps.training.train:train",
    check="paretocaps.training.check:check_data",
    named_data=True,
    measures="paretocaps.training.check:check_measures",
    check_choices="paretocaps.training.check:check_choices",
    needs="paretocaps.training.check:check_needs",
    designs=DESIGNS,
    description="capsule networks on one device: LR policies, batch schedules, weight sharing, pruning",
    calibrate="paretocaps.training.reference_step:reference_step",
    ranks=True,
    effects="paretocaps.training.effects:effects",
    judge="paretocaps.training.judge:judge",
    typical_step="paretocaps.training.typical_step:typical_step",
    forecast="paretocaps.training.forecast:forecasting",
    continuing="paretocaps.training.continuing:shaped_by_end",
    course="paretocaps.training.course:course",
)
