"""The learning-rate policies, by the values of the choice `lr_policy`."""

from paretocaps.registry import Registry
from paretocaps.schedules.learning_rate.lr_policy import LearningRatePolicy

LEARNING_RATE_POLICIES: Registry[LearningRatePolicy] = Registry(
    "learning-rate policy",
    {
        "fixed": "paretocaps.schedules.learning_rate.fixed:fixed",
        "exponential": "paretocaps.schedules.learning_rate.exponential:exponential",
        "one_cycle": "paretocaps.schedules.learning_rate.one_cycle:one_cycle",
        "warm_restarts": "paretocaps.schedules.learning_rate.warm_restarts:warm_restarts",
        "step_decay": "paretocaps.schedules.learning_rate.step_decay:step_decay",
        "epoch_decay": "paretocaps.schedules.learning_rate.epoch_decay:epoch_decay",
        "explore_exploit": "paretocaps.schedules.learning_rate.explore_exploit:explore_exploit",
    },
)
