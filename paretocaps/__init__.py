"""Choose how to train a capsule network: multi-objective search over accuracy, training time and size."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paretocaps.domain.choices import Choices
    from paretocaps.domain.job import TrainingJob
    from paretocaps.domain.measurement import EpochRecord, Measurement
    from paretocaps.domain.study_spec import StudySpec
    from paretocaps.domain.trainer import TrainerSpec, register_trainer
    from paretocaps.errors import ParetocapsError
    from paretocaps.report.front import Front
    from paretocaps.search.observer import Observer
    from paretocaps.service import load_front, load_history, load_trials, optimize

__all__ = [
    "Choices",
    "EpochRecord",
    "Front",
    "Measurement",
    "Observer",
    "ParetocapsError",
    "StudySpec",
    "TrainerSpec",
    "TrainingJob",
    "load_front",
    "load_history",
    "load_trials",
    "optimize",
    "register_trainer",
]

_HOMES = {
    "Choices": "paretocaps.domain.choices",
    "EpochRecord": "paretocaps.domain.measurement",
    "Front": "paretocaps.report.front",
    "Measurement": "paretocaps.domain.measurement",
    "Observer": "paretocaps.search.observer",
    "ParetocapsError": "paretocaps.errors",
    "StudySpec": "paretocaps.domain.study_spec",
    "TrainerSpec": "paretocaps.domain.trainer",
    "TrainingJob": "paretocaps.domain.job",
    "load_front": "paretocaps.service",
    "load_history": "paretocaps.service",
    "load_trials": "paretocaps.service",
    "optimize": "paretocaps.service",
    "register_trainer": "paretocaps.domain.trainer",
}


def __getattr__(name: str) -> Any:
    """Import a public name on its first use: `import paretocaps` alone costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'paretocaps' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
