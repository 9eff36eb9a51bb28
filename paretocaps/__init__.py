"""Choose how to train a capsule network: multi-objective search over accuracy, training time and size."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paretocaps.domain.choices import Choices
    from paretocaps.domain.job import TrainingJob
    from paretocaps.domain.measurement import EpochRecord, Measurement
    from paretocaps.domain.own_trainer import register_trainer
    from paretocaps.domain.study_spec import StudySpec
    from paretocaps.domain.trainer import TrainerSpec
    from paretocaps.errors import ParetocapsError
    from paretocaps.report.front import Front
    from paretocaps.search.observer import Observer
    from paretocaps.service import load_front, load_history, load_trials, optimize
    from paretocaps.service.asking import open_study
    from paretocaps.service.by_keyword import describe, evaluate, export, predict, train

    __version__: str

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
    "describe",
    "evaluate",
    "export",
    "load_front",
    "load_history",
    "load_trials",
    "open_study",
    "optimize",
    "predict",
    "register_trainer",
    "train",
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
    "describe": "paretocaps.service.by_keyword",
    "evaluate": "paretocaps.service.by_keyword",
    "export": "paretocaps.service.by_keyword",
    "load_front": "paretocaps.service",
    "load_history": "paretocaps.service",
    "load_trials": "paretocaps.service",
    "open_study": "paretocaps.service.asking",
    "optimize": "paretocaps.service",
    "predict": "paretocaps.service.by_keyword",
    "register_trainer": "paretocaps.domain.own_trainer",
    "train": "paretocaps.service.by_keyword",
}


def __getattr__(name: str) -> Any:
    """Import a public name on its first use: `import paretocaps` alone costs nothing."""
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("paretocaps")
    if name not in _HOMES:
        raise AttributeError(f"module 'paretocaps' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return [*__all__, "__version__"]
