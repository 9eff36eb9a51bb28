"""The batch schedules, by the values of the choice `batch_schedule`."""

from paretocaps.registry import Registry
from paretocaps.schedules.batch_size.batch_schedule import BatchSchedule

BATCH_SCHEDULES: Registry[BatchSchedule] = Registry(
    "batch schedule",
    {
        "constant": "paretocaps.schedules.batch_size.constant:constant",
        "adabatch": "paretocaps.schedules.batch_size.adabatch:adabatch",
    },
)
