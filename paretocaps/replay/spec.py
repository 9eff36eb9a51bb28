"""The trainer `replay` as the driver sees it: the choices and designs of the built-in trainer."""

from paretocaps.domain.space import Space
from paretocaps.domain.trainer import TrainerSpec
from paretocaps.replay.space import TABLE
from paretocaps.training.spec import CAPSNET

_FLOOR = TABLE["lr_min"] | {"high": TABLE["lr_max"]["low"]}  # no point has a floor above its ceiling

REPLAY = TrainerSpec(
    name="replay",
    choices=CAPSNET.choices,
    space=Space.parse(TABLE | {"lr_min": _FLOOR}),
    train="paretocaps.replay.play:train",
    check="paretocaps.replay.play:check_data",
    measures="paretocaps.replay.play:check_measures",
    designs=CAPSNET.designs,
    description="trainings of capsule networks that were recorded, played back in milliseconds",
    effects=CAPSNET.effects,
    forecast=CAPSNET.forecast,
    course=CAPSNET.course,
    recorded="paretocaps.replay.table:table_of",
)
