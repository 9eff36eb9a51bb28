"""The course of the built-in trainer's trainings; this file imports no torch."""

from collections.abc import Mapping
from typing import Any

from paretocaps.domain.choices import Choices
from paretocaps.domain.course import Course
from paretocaps.domain.effect import Facts
from paretocaps.schedules.pruning_start import warmup_epochs

_BY_TOTAL = "one_cycle", "explore_exploit"
"""The learning-rate policies whose rate depends on how many steps are still to come."""


def course(choices: Mapping[str, Any], epochs: int, facts: Facts) -> Course:
    """Return the course of a training (the `Courses` protocol).

    What is shaped by its end has a name: the one-cycle policy and Ranger21's, warm restarts with one cycle
    per phase, AdaBatch, whose batches are small first, and the spread loss, whose margin grows to the last
    epoch. A training that prunes is compared once its pruned network was trained.
    """
    chosen = Choices.model_construct(None, **choices)
    names: list[str] = [chosen.lr_policy] if chosen.lr_policy in _BY_TOTAL else []
    if chosen.lr_policy == "warm_restarts" and chosen.cycle == "phase":
        names.append("warm_restarts by phase")
    if chosen.batch_schedule == "adabatch":
        names.append("adabatch")
    if chosen.loss == "spread":
        names.append("spread loss")
    return Course(" with ".join(names), (warmup_epochs(chosen, epochs) or 0) + 1)
