"""The batch schedules, by the names that the choice `batch_schedule` takes."""

from paretocaps.registry import Registry
from paretocaps.schedules.batch_size.batch_schedule import BatchSchedule

BATCH_SCHEDULES: Registry[BatchSchedule] = Registry(
    "batch schedule",
    {
        "constant": "paretocaps.schedules.batch_size.constant:constant",
        "adabatch": "paretocaps.schedules.batch_size.adabatch:adabatch",
    },
)
