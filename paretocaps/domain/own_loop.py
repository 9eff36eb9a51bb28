"""What stands for the trainer of a study that a program asks for choices and tells what it measured."""

from typing import Any

from paretocaps.domain.own_function import OwnFunction
from paretocaps.errors import TrainingError, UsageError


def own_loop(choices: Any, report: Any) -> dict[str, float]:
    """Stand for a loop of one's own (`paretocaps.open_study`)."""
    raise TrainingError("this study is trained by a program that asks it, with paretocaps.open_study")


NAME = OwnFunction(own_loop).name
"""What such a study stores as its trainer."""


def refuse_loop(study: str, trainer: str) -> None:
    """Refuse to train a study that a program trains by itself.

    Raises:
        UsageError: the trainer is `own_loop`.
    """
    if trainer == NAME:
        raise UsageError(
            f"study {study!r} is trained by a program that asks it: go on there, with"
            f" paretocaps.open_study(study={study!r})"
        )
